#!/usr/bin/env python3
"""Verifies that a balance is counted in what a platform says it owes: a second implementation of
liability-proofs.md, with Python's standard library alone (Ed25519 after RFC 8032, 5.1 and 6).

    python3 verify_liability.py PROOF.json KEY [MERCHANT]
    python3 verify_liability.py --total PUBLICATION.txt KEY

KEY is the platform's Ed25519 key in base64: take it from where it is published, not from the proof.
"""
import base64, hashlib, json, re, sys


class Refused(Exception):
    pass


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, g, h, i = f - e, d + c, f + e, d - c
    return (e * i % P, g * h % P, i * g % P, e * h % P)


def point_mul(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p, s = point_add(p, p), s >> 1
    return q


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Refused("the key or the signature is no point")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        raise Refused("the key or the signature is no point")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, signature, message):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    left, right = point_mul(s, BASE), point_add(r, point_mul(h, a))
    return all((left[n] * right[2] - right[n] * left[2]) % P == 0 for n in (0, 1))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def exact(text, form):
    if not isinstance(text, str) or not re.fullmatch(form, text, re.ASCII):
        raise Refused("a field is malformed")
    return text


def hash32(text):
    return bytes.fromhex(exact(text, "[0-9a-f]{64}"))


def uint(text, bits):
    value = int(exact(text, "0|[1-9][0-9]{0,38}"))
    if value >= 2**bits:
        raise Refused("a number is too wide")
    return value


def whole(value, end):
    if type(value) is not int or not 0 <= value < end:
        raise Refused("there is no leaf of that index")
    return value


def prefix(header, kind, level):
    return b"pol/v1" + bytes([kind, level]) + bytes.fromhex(exact(header["runTag"], "[0-9a-f]{16}"))


def check_header(header, signature, key):
    if header["v"] != "pol/v1":
        raise Refused("the header is of another format")
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signed = prefix(header, 4, 0) + text.encode()
    if not is_signed(base64.b64decode(key), base64.b64decode(signature), signed):
        raise Refused("the key has not signed the header")


def node(header, level, left, right):
    pair = left[0] + left[1].to_bytes(16, "big") + right[0] + right[1].to_bytes(16, "big")
    if left[1] + right[1] >= 2**128:
        raise Refused("a number is too wide")
    return sha256(prefix(header, 2, level), pair), left[1] + right[1]


def pad(header, level):
    return sha256(prefix(header, 3, level)), 0


def agree(header, root):
    if root[1] != uint(header["total"], 128):
        raise Refused("the sums do not lead to the signed total")
    if root[0].hex() != header["digest"]:
        raise Refused("the hashes do not lead to the signed root")


def verify_liability(proof, key, merchant=None):
    header, merchant = proof["header"], merchant or proof["merchant"]
    check_header(header, proof["signature"], key)
    if merchant != proof["merchant"]:
        raise Refused("the proof is of another merchant")
    identity = bytes.fromhex(exact(merchant, "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").replace("-", ""))
    asset = exact(header["asset"], "[A-Z0-9]{2,8}").encode().ljust(8, b"\0")
    leaves, owed = header["leaves"], 0
    if len(proof["parts"]) != header["split"]:
        raise Refused("not each part of the balance is shown")
    for n, part in enumerate(proof["parts"]):
        if part["part"] != n:
            raise Refused("a part is shown twice, or in another order")
        index = whole(part["index"], leaves)
        if len(part["path"]) != (leaves - 1).bit_length():
            raise Refused("the path is not as long as the tree is high")
        amounts = [uint(part[name], 64) for name in ("available", "pending", "reserved")]
        owed += sum(amounts)
        widths = b"".join(amount.to_bytes(8, "big") for amount in amounts)
        at = sha256(prefix(header, 1, n), identity, hash32(proof["salt"]), widths, asset), sum(amounts)
        for level, (beside_hash, beside_sum) in enumerate(part["path"]):
            beside, place = (hash32(beside_hash), uint(beside_sum, 128)), index >> level
            if (place ^ 1) >= -(-leaves // 2**level) and beside != pad(header, level):
                raise Refused("a level ends here, and not with its pad")
            at = node(header, level + 1, *((beside, at) if place & 1 else (at, beside)))
        agree(header, at)
    return {"ok": True, "merchant": merchant, "asset": header["asset"], "businessDate": header["businessDate"],
            "owed": str(owed), "decimals": header["decimals"]}


def verify_publication(lines, key):
    if next(lines) != "plumbline pol/v1 publication":
        raise Refused("this is no publication")
    header = json.loads(next(lines))
    check_header(header, next(lines), key)
    entries, last = [], b""
    for line in lines:
        data = base64.b64decode(line, validate=True)
        if len(data) != 48 or data[:32] <= last:
            raise Refused("leaves are not in strictly ascending order")
        last = data[:32]
        entries.append((last, int.from_bytes(data[32:], "big")))
    count, level = len(entries), 0
    if count != header["leaves"]:
        raise Refused("there are more or fewer leaves than the header says")
    while len(entries) > 1:
        if len(entries) % 2 == 1:
            entries.append(pad(header, level))
        level += 1
        entries = [node(header, level, *entries[n:n + 2]) for n in range(0, len(entries), 2)]
    agree(header, entries[0] if entries else pad(header, 0))
    return {"ok": True, "leaves": count, "total": header["total"], "digest": header["digest"]}


if __name__ == "__main__":
    try:
        if sys.argv[1] == "--total":
            with open(sys.argv[2], encoding="utf-8") as file:
                result = verify_publication((line.rstrip("\n") for line in file), sys.argv[3])
        else:
            with open(sys.argv[1], encoding="utf-8") as file:
                result = verify_liability(json.load(file), *sys.argv[2:4])
    except (Refused, KeyError, TypeError, ValueError) as error:
        result = {"ok": False, "reason": str(error)}
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)
