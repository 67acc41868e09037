"""Functions of the query language as PostgreSQL keeps them: the same answers as those of `stand.emulator.database.functions`.

They live in the schema of the infobase, so a dump carries them. `instr` and `substr` of wide integers are there because SQLite has them.
"""

from __future__ import annotations

from harness.onec.names import EMPTY_DATE
from stand.emulator.database.functions import DIVISION_SCALE

_MAX = "9223372036854775807"

_PATTERN = r"""
CREATE FUNCTION {schema}.onec_pattern(pattern text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $function$
DECLARE
    result text := '';
    place integer := 1;
    size integer := length(pattern);
    letter text;
    closing integer;
    inner_text text;
    class_text text;
    item integer;
    valid boolean;
BEGIN
    WHILE place <= size LOOP
        letter := substr(pattern, place, 1);
        class_text := '';
        closing := 0;
        IF letter = '[' THEN
            -- The bracket closes at the next "]" but one place: "[]]" is the class of "]".
            closing := strpos(substr(pattern, place + 2), ']');
        END IF;
        IF closing > 0 THEN
            inner_text := substr(pattern, place + 1, closing);
            closing := place + 1 + closing;
            IF left(inner_text, 1) = '^' THEN
                class_text := '[^';
                inner_text := substr(inner_text, 2);
            ELSE
                class_text := '[';
            END IF;
            valid := inner_text <> '';
            item := 1;
            WHILE valid AND item <= length(inner_text) LOOP
                IF substr(inner_text, item + 1, 1) = '-' AND item + 2 <= length(inner_text) THEN
                    valid := ascii(substr(inner_text, item, 1)) <= ascii(substr(inner_text, item + 2, 1));
                    class_text := class_text || regexp_replace(substr(inner_text, item, 1), '([\\\]\[^-])', '\\\1')
                        || '-' || regexp_replace(substr(inner_text, item + 2, 1), '([\\\]\[^-])', '\\\1');
                    item := item + 3;
                ELSE
                    class_text := class_text || regexp_replace(substr(inner_text, item, 1), '([\\\]\[^-])', '\\\1');
                    item := item + 1;
                END IF;
            END LOOP;
            class_text := CASE WHEN valid THEN class_text || ']' ELSE '' END;
        END IF;
        IF class_text <> '' THEN
            result := result || class_text;
            place := closing + 1;
        ELSE
            result := result || CASE letter
                WHEN '%' THEN '.*'
                WHEN '_' THEN '.'
                ELSE regexp_replace(letter, '([][\\.*+?(){{}}|^$])', '\\\1')
            END;
            place := place + 1;
        END IF;
    END LOOP;
    RETURN '^(?:' || result || ')$';
END
$function$
"""

_LIKE = """
CREATE FUNCTION {schema}.onec_like(value text, pattern text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$function$ SELECT (value ~ {schema}.onec_pattern(pattern))::integer $function$
"""

_DATEADD = """
CREATE FUNCTION {schema}.onec_dateadd(value text, unit text, count numeric) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS
$function$
DECLARE
    size integer := CASE unit WHEN 'second' THEN 1 WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 WHEN 'day' THEN 86400 WHEN 'week' THEN 604800 END;
    months integer := CASE unit WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 END;
    total numeric;
    result timestamp;
BEGIN
    IF size IS NOT NULL THEN
        total := {schema}.onec_seconds(value) + count * size;
        IF total NOT BETWEEN 0 AND 315537897599 THEN
            RETURN '{empty}';
        END IF;
        result := timestamp '0001-01-01' + total::bigint * interval '1 second';
    ELSE
        total := {schema}.onec_months(value) + count * months;
        IF total NOT BETWEEN 12 AND 119999 THEN
            RETURN '{empty}';
        END IF;
        result := value::timestamp + (count * months)::integer * interval '1 month';
    END IF;
    RETURN to_char(result, 'YYYY-MM-DD"T"HH24:MI:SS');
END
$function$
"""

_DATEDIFF = """
CREATE FUNCTION {schema}.onec_datediff(first text, second text, unit text) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$function$
SELECT CASE
    WHEN unit IN ('month', 'quarter', 'year') THEN
        {schema}.onec_months(second) / u.size - {schema}.onec_months(first) / u.size
    ELSE {schema}.onec_seconds(second) / u.size - {schema}.onec_seconds(first) / u.size
END
FROM (SELECT CASE unit WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 WHEN 'day' THEN 86400 WHEN 'week' THEN 604800
    WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 ELSE 1 END AS size) AS u
$function$
"""

_MONTHS = """
CREATE FUNCTION {schema}.onec_months(value text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$function$ SELECT left(value, 4)::bigint * 12 + substr(value, 6, 2)::bigint - 1 $function$
"""

_SECONDS = """
CREATE FUNCTION {schema}.onec_seconds(value text) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$function$ SELECT extract(epoch FROM value::timestamp - timestamp '0001-01-01')::bigint $function$
"""

_PART = """
CREATE FUNCTION {schema}.onec_part(value text, part text) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$function$
SELECT CASE part
    WHEN 'year' THEN left(value, 4)::bigint
    WHEN 'month' THEN substr(value, 6, 2)::bigint
    WHEN 'day' THEN substr(value, 9, 2)::bigint
    WHEN 'hour' THEN substr(value, 12, 2)::bigint
    WHEN 'minute' THEN substr(value, 15, 2)::bigint
    WHEN 'second' THEN substr(value, 18, 2)::bigint
    WHEN 'quarter' THEN (substr(value, 6, 2)::bigint + 2) / 3
    WHEN 'dayofyear' THEN extract(doy FROM value::timestamp)::bigint
    WHEN 'dayofweek' THEN extract(isodow FROM value::timestamp)::bigint
END
$function$
"""

_DIV = """
CREATE FUNCTION {schema}.onec_div(a numeric, scale_a integer, b numeric, scale_b integer) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$function$
SELECT CASE WHEN trunc(b) <> 0 THEN GREATEST(-{max}, LEAST({max},
    div(trunc(a) * ('1e' || (scale_b + {scale}))::numeric, trunc(b) * ('1e' || scale_a)::numeric)))::bigint END
$function$
"""

_NUMBER = """
CREATE FUNCTION {schema}.onec_number(value text, scale integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$function$ SELECT GREATEST(-{max}, LEAST({max}, trunc(value::numeric * ('1e' || scale)::numeric)))::bigint $function$
"""

_INSTR = """
CREATE FUNCTION {schema}.instr(value text, needle text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$function$ SELECT strpos(value, needle)::bigint $function$
"""

_SUBSTR = """
CREATE FUNCTION {schema}.substr(value text, start bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$function$
SELECT CASE WHEN start < 0 THEN right(value, LEAST(-start, 2147483647)::integer)
    ELSE pg_catalog.substr(value, LEAST(start, 2147483647)::integer) END
$function$
"""

_SUBSTR_SIZE = """
CREATE FUNCTION {schema}.substr(value text, start bigint, size bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$function$
SELECT CASE WHEN size <= 0 THEN ''
    WHEN start < 0 THEN left(right(value, LEAST(-start, 2147483647)::integer), GREATEST(0, LEAST(size,
        CASE WHEN -start > length(value) THEN size + start + length(value) ELSE size END, 2147483647))::integer)
    ELSE pg_catalog.substr(value, LEAST(start, 1000000000)::integer, LEAST(size, 1000000000)::integer) END
$function$
"""

_ALL = (
    _PATTERN,
    _LIKE,
    _MONTHS,
    _SECONDS,
    _DATEADD,
    _DATEDIFF,
    _PART,
    _DIV,
    _NUMBER,
    _INSTR,
    _SUBSTR,
    _SUBSTR_SIZE,
)


def function_statements(schema: str) -> list[str]:
    """`CREATE FUNCTION`, in the order of their needs."""
    return [text.format(schema=schema, empty=EMPTY_DATE, max=_MAX, scale=DIVISION_SCALE) for text in _ALL]
