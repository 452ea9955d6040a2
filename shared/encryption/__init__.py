"""Values that only those can read who have the keys: AES-256-GCM under a data key per patient, wrapped by a key provider.

    facts: Encrypted[ConditionFacts] = encrypted(ConditionFacts)      a column of a model; `row.facts.value` is the value

- `value` has the type of such columns. A plain value cannot be bound to one: no statement stores what is not encrypted.
- `session` encrypts what a session is about to write, under the active data key of the patient whom the row is about, and
  opens what it has read. `shared.database.driver` opens what it reads.
- `keyring` has a service's data keys, each unwrapped for a minute at most; they are stored wrapped, in its own database.
- `providers` wrap them with key-encryption keys: of a file, or of AWS KMS.
- `rotation` encrypts anew under new keys while the service works, and destroys a patient's keys.

Which bytes are where: version 1 (1 byte), data key's id (16), nonce (12, random), ciphertext and tag. The associated data
name domain, table, column, row and data key, so that bytes which were moved to another place are refused.
"""

from shared.encryption.value import Encrypted as Encrypted
from shared.encryption.value import encrypted as encrypted
