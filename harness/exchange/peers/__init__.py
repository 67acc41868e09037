"""Counterparts that really speak the protocols of exchanges: real servers on loopback, run by the harness, told to fail as real ones do.

server     a starlette application in a thread, its log as evidence, failures it was told of, TLS with a certificate of its own
shop       a web shop: the CommerceML protocol of sites over a database of its own
bank       a bank: DirectBank, statements and payment orders
crm        a CRM: REST in the manner of Bitrix24
base       a correspondent base: another emulator as a process of its own, exchanging through EnterpriseData
branch     a branch of a distributed base: messages of an exchange plan
"""
