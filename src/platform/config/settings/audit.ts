/** The audit log: its name, its signer, its witnesses and its copies. */
import { HTTP, integer, milliseconds, oneOf, text, url, urls, zone } from '../kinds.ts';

export const AUDIT = {
  AUDIT_ORIGIN: text({
    about:
      'Name of the audit log, in every checkpoint for good: the address under which it is served, without https://. No spaces, no "+".',
    example: 'plumbline.example.com/log',
    fallback: 'localhost/log',
  }),
  AUDIT_ZONE: zone({
    about: "Zone of the audit log's days, for good.",
    example: 'Asia/Ho_Chi_Minh',
    fallback: 'Asia/Ho_Chi_Minh',
  }),
  AUDIT_TILES: oneOf(['public', 'key'], {
    about:
      "Who reads the audit log's checkpoint and tiles under /log: anybody, or callers whose key has the scope audit:read. They hold streams, record ids, actors and hashes, and nothing of what was recorded.",
    example: 'key',
    fallback: 'public',
  }),
  AUDIT_ADD_STREAM: text({
    about:
      'Stream to which POST /log/add appends the hash of any bytes, for tools that add to a log in that way; it is created before. Absent: there is no such route.',
    example: 'added',
  }),
  AUDIT_SIGNER_FOLDER: text({
    about:
      "Folder of the audit log's signer, its key and what it has signed last: apart from the database, on one machine alone. Absent: `signer` in PLUMBLINE_DATA with the embedded database; with DATABASE_URL the process does not sign.",
    example: '/var/lib/plumbline-signer',
  }),
  AUDIT_SIGNING_KEY: text({
    about: 'Key that signs the audit log, as text. Absent: one is made in the folder of the signer.',
    example: 'PRIVATE+KEY+plumbline.example.com/log+...',
    secret: true,
  }),
  AUDIT_SECOND_SIGNATURE: oneOf(['none', 'ml-dsa-44'], {
    about:
      'A second signature on every checkpoint, beside the Ed25519 one: `ml-dsa-44` holds against quantum computers as well (FIPS 204), needs Node 24 or newer, and makes a checkpoint 3.3 kB longer. Its key is made in the folder of the signer; with AUDIT_SIGNING_KEY it is a second line there. Once in force it signs until a rotation after `none`.',
    example: 'ml-dsa-44',
    fallback: 'none',
  }),
  AUDIT_WITNESS_POLICY: text({
    about:
      'File that names the witnesses of the audit log, with their keys, addresses and quorum (c2sp.org/tlog-policy). Absent: checkpoints are not cosigned.',
    example: '/etc/plumbline/witnesses.policy',
  }),
  AUDIT_QUORUM_MISSED: oneOf(['hold', 'publish'], {
    about:
      'What becomes of a checkpoint that too few witnesses have cosigned: `hold` leaves the one before in force until they have, `publish` gives it out without them. Leaves are appended either way.',
    example: 'publish',
    fallback: 'hold',
  }),
  AUDIT_WITNESS_TIMEOUT_MS: integer(milliseconds(100, 60_000), {
    about: 'Time that the witnesses have to cosign one checkpoint, all together.',
    example: '2000',
    fallback: '5000',
  }),
  AUDIT_COPY_FOLDER: text({
    about:
      "Folder that gets a copy of the audit log's full tiles and of each day's checkpoint, with what anchors it: best on a volume that nobody can rewrite. Absent: there is no copy, and nothing is anchored.",
    example: '/mnt/worm/plumbline-audit',
  }),
  AUDIT_TSA_URL: url(HTTP, {
    about:
      "Time stamp authority (RFC 3161) that stamps each day's checkpoint. Needs AUDIT_COPY_FOLDER. Absent: no stamps.",
    example: 'https://freetsa.org/tsr',
  }),
  AUDIT_TSA_CA: text({
    about:
      'File of the certificates (PEM) that the certificate of AUDIT_TSA_URL must lead to. Absent: a stamp by any authority is taken.',
    example: '/etc/plumbline/tsa-ca.pem',
  }),
  AUDIT_OTS_CALENDARS: urls(HTTP, {
    about:
      "OpenTimestamps calendars that commit each day's checkpoint to the Bitcoin chain: of several, two must answer. They see a blinded hash. Needs AUDIT_COPY_FOLDER. Absent: none.",
    example: 'https://a.pool.opentimestamps.org https://b.pool.opentimestamps.org',
  }),
} as const;
