/**
 * Original: the session line of the wire: `{"id":1,"session":{"auth_key":…,"session_id":…}}`, as the gateway prints it and takes it.
 * In: the line, or its session object alone; or a record. Out: the other. Never: the user, the keys of other data centres, or a salt: the
 * line does not say how long a salt is valid, and the server gives a new one.
 */
import { randomBytes } from 'node:crypto';
import type { SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import {
  halves,
  int64Member,
  integerMember,
  joined,
  keyMember,
  type JsonMembers,
  membersOf,
  numberMember,
  parseMembers,
  textMember,
  booleanMember,
} from './json-text.ts';
import { homeKey, hostText, type Hints, needed, plainRecord } from './parts.ts';

/** Reads a session line. @throws FormatError, also if neither the line nor `hints` name the data centre */
export function readOriginal(line: string, hints: Hints = {}): SessionRecord {
  const whole = parseMembers(line);
  const session = whole['session'] === undefined ? whole : membersOf(whole['session'], 'session');
  const server = membersOf(whole['server'] ?? {}, 'server');
  const authKey = keyMember(session, 'auth_key');
  const { low, high } = halves(int64Member(session, 'session_id') ?? 0n);
  const host = textMember(server, 'host', 253);
  return {
    ...plainRecord({
      dc: needed(dcOf(session, server, hints), 'the number of the data centre', '--dc'),
      test: hints.test ?? booleanMember(server, 'test') ?? false,
      host: host === undefined ? undefined : hostText(host),
      port: integerMember(server, 'port', 1, 65_535) ?? 0,
      key: authKey,
    }),
    rsa: textMember(server, 'rsa', 8192),
    sessionLow: low,
    sessionHigh: high,
    lastSeqNo: integerMember(session, 'last_seqno', 0, 0x7fff_ffff) ?? 0,
    timeOffset: Math.round((numberMember(session, 'time_offset') ?? 0) * 1000),
  };
}

function dcOf(session: JsonMembers, server: JsonMembers, hints: Hints): number | undefined {
  const said = integerMember(session, 'dc', 1, 0xffff) ?? integerMember(server, 'dc', 1, 0xffff);
  if (said !== undefined && hints.dc !== undefined && said !== hints.dc)
    throw new FormatError(`--dc says ${hints.dc}, and the session is of data centre ${said}`);
  return said ?? hints.dc;
}

/** Writes a session line. A record without a session_id gets a random one. @throws FormatError without a key */
export function writeOriginal(record: SessionRecord): string {
  const { sessionLow, sessionHigh, dc, test, host, port, rsa } = record;
  const id = joined(sessionLow, sessionHigh) || randomBytes(8).readBigInt64LE();
  const session =
    `{"auth_key":"${Buffer.from(homeKey(record)).toString('base64')}","session_id":${id},` +
    `"last_seqno":${record.lastSeqNo},"time_offset":${record.timeOffset / 1000},"dc":${dc}}`;
  const server =
    host !== undefined && rsa !== undefined
      ? `"server":${JSON.stringify({ host, port, rsa, dc, test })},`
      : test
        ? `"server":{"dc":${dc},"test":true},`
        : '';
  return `{"id":1,${server}"session":${session}}`;
}
