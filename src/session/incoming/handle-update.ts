/**
 * Handle update: a message that is no service message, so it is an update.
 * In: its body. Out: a line for the client. Never: an update that cannot be read passed over in silence: the client is told `UpdatesDropped`.
 */
import { TlReadError } from '../../bytes/reader.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import { notify } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';

/** Writes the body as a line without an `id` of a request; notes its msg_id, so that the next thread does not tell it again. */
export function handleUpdate(s: ConnectionState, { low, high, body: r }: Incoming): void {
  s.hasHistory = true;
  s.received.fresh.push(low, high);
  try {
    s.dialect.update(s.sink.update(), s.env.codec, r, s.session.style);
    s.sink.end();
  } catch (error) {
    s.sink.drop();
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    s.sink.log('unreadable update', { reason: error.message });
    notify(s, refusal('UpdatesDropped'));
  }
}
