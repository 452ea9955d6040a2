"""HL7 v2: what analyzers and other laboratories send (https://www.hl7.eu/HL7v2x/v251/hl7v251typ.htm), below the domain's rules.

- `message` reads bytes into segments, whatever delimiters, line ends, character set and escapes they have.
- `results` finds in an ORU^R01 whose results it has, of which orders, and what each says.
- `acknowledgement` writes the answer.
- `mllp` carries both over TCP.

[Why no library does this](../../../docs/decisions/0010-own-hl7-reader.md).
"""
