"""What a configuration does, interpreted from data: filling, posting, reports, updates."""
