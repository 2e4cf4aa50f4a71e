/**
 * Session records for tests of formats and commands, by fast-check. In: nothing. Out: arbitraries.
 * Never: a real key; what is drawn is nobody's.
 */
import fc from 'fast-check';
import type { SessionRecord } from '../../src/account/record.ts';
import { emptyRecord } from '../../src/account/record.ts';
import { addressText } from '../../src/address/address.ts';

export const keys = fc
  .uint8Array({ minLength: 256, maxLength: 256 })
  .filter((key) => key.some((byte) => byte !== key[0]));
/** With runs of zeros, which one of the formats packs. */
export const zeroKeys = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), { minLength: 256, maxLength: 256 })
  .map((bytes) => Uint8Array.from(bytes))
  .filter((key) => key.some((byte) => byte !== key[0]));
const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressText);
/** Addresses that may be given out: 2000::/3. */
const v6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => addressText(Uint8Array.from([0x20 | (bytes[0]! & 0x1f), ...bytes.subarray(1)])));
/** As objects are here; fast-check's own have no prototype. */
const members = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const int = fc.integer({ min: 0, max: 0x7fff_ffff });
const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

/** With one key, an address, an account and an api_id: what the formats of others hold between them. */
export const plainRecords: fc.Arbitrary<SessionRecord> = members({
  test: fc.boolean(),
  dc: fc.integer({ min: 1, max: 255 }),
  key: fc.oneof(keys, zeroKeys),
  host: fc.oneof(v4, v6),
  port: fc.integer({ min: 1, max: 65_535 }),
  userId: fc.bigInt(1n, 2n ** 52n - 1n),
  isBot: fc.boolean(),
  apiId: fc.integer({ min: 1, max: 0x7fff_ffff }),
}).map(({ key, ...rest }) => ({ ...emptyRecord(rest.dc, rest.test), ...rest, keys: [{ dc: rest.dc, key }] }));

/** With all that a record can have. */
export const fullRecords: fc.Arbitrary<SessionRecord> = members({
  plain: plainRecords,
  hasHost: fc.boolean(),
  others: fc.array(members({ dc: fc.integer({ min: 256, max: 999 }), key: keys }), { maxLength: 3 }),
  temporary: fc.oneof(
    fc.constant(undefined),
    members({ key: fc.constant(undefined), notBefore: int }),
    members({ key: keys, until: int }),
  ),
  sessionLow: word,
  sessionHigh: word,
  lastSeqNo: int,
  salts: fc.array(members({ since: int, until: int, low: word, high: word }), { maxLength: 3 }),
  timeOffset: fc.integer({ min: -1e9, max: 1e9 }),
  userId: fc.option(fc.bigInt(1n, 2n ** 63n - 1n), { nil: undefined }),
  floods: fc.array(members({ method: word, until: fc.nat() }), { maxLength: 3 }),
  updates: fc.option(members({ pts: int, qts: int, date: int, seq: int }), { nil: undefined }),
  rsa: fc.option(fc.constant('-----BEGIN RSA PUBLIC KEY-----\nMA==\n-----END RSA PUBLIC KEY-----\n'), {
    nil: undefined,
  }),
  lost: fc.option(fc.constant('AUTH_KEY_UNREGISTERED'), { nil: undefined }),
  isResident: fc.boolean(),
  initText: fc.option(
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }).map((params) => JSON.stringify(params)),
    { nil: undefined },
  ),
}).map(({ plain, hasHost, others, ...rest }) => ({
  ...plain,
  ...rest,
  ...(hasHost ? {} : { host: undefined, port: 0 }),
  keys: [...plain.keys, ...new Map(others.map((one) => [one.dc, one])).values()].sort((a, b) => a.dc - b.dc),
}));

/** One with its parts set. */
export function recordWith(part: Partial<SessionRecord>, key = aKey(1)): SessionRecord {
  const dc = part.dc ?? 2;
  return { ...emptyRecord(dc, part.test ?? false), keys: [{ dc, key }], ...part };
}

/** A key that is the same for the same seed. */
export function aKey(seed: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, i) => (i * 167 + seed * 59 + ((i * i * seed) >> 3)) & 255);
}
