/**
 * Receive: one packet from the DC, judged in the order the specification lists (protocol: Receiving).
 * In: packet bytes. Out: messages for the inbox, acknowledgements noted. Never: a field read before msg_key is checked,
 * or a different reaction to different faults: the connection is dropped, the session goes on.
 */
import { Reader } from '../../bytes/reader.ts';
import { open } from '../../crypto/envelope.ts';
import { receiveMessage } from './inbox.ts';
import { newIncoming } from './incoming.ts';
import type { ConnectionState } from '../state/state.ts';
import { prove } from '../link/trouble.ts';

const reader = new Reader(new Uint8Array(0));
/** The message that is being read; one packet is read at a time. */
const incoming = newIncoming();

/** Opens an encrypted packet and hands its message on. @returns false if the caller must drop the connection */
export function receivePacket(s: ConnectionState, bytes: Uint8Array, start: number, end: number, now: number): boolean {
  const key = s.keys.inForce;
  if (key === undefined || end - start < 24) return false;
  reader.reset(bytes, start, end);
  if (reader.int32() !== key.idLow || reader.int32() !== key.idHigh) return false;
  const { opened } = s.env;
  if (!open(key, 'server', bytes, start, end, opened)) return false;
  const { head } = opened;
  if (head.sessionLow !== s.sessionLow || head.sessionHigh !== s.sessionHigh) return false;
  if ((head.msgIdLow & 1) === 0) return false;
  if (!s.link.isProven) prove(s, now);
  s.link.heard(now);
  s.backOff.succeeded();
  s.isKeyDoubted = false;
  reader.reset(opened.bytes, opened.start, opened.end);
  incoming.low = head.msgIdLow;
  incoming.high = head.msgIdHigh;
  incoming.seqNo = head.seqNo;
  incoming.body = reader;
  receiveMessage(s, incoming, now);
  // Messages ignored under the wrong clock come again on another connection.
  const isWhole = !s.isClockMended;
  s.isClockMended = false;
  return isWhole;
}

/** Whether a packet is a message in plain: its auth_key_id is 0. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20) return false;
  for (let i = start; i < start + 8; i++) if (bytes[i] !== 0) return false;
  return true;
}
