/**
 * Handle update: a message that is no service message, so it is an update.
 * In: its body. Out: a line for each form in which the session's clients hear updates. Never: an update that cannot be read passed over in silence: the client is told `UpdatesDropped`.
 */
import { TlReadError } from '../../bytes/reader.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import { notify } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';
import type { Incoming } from './incoming.ts';

/** Writes the body as a line without an `id` of a request, once a form; notes its msg_id, so that the next thread does not tell it again. */
export function handleUpdate(s: ConnectionState, { low, high, body: r }: Incoming): void {
  s.hasHistory = true;
  s.received.fresh.push(low, high);
  const { listeners } = s.session.attachments;
  if (listeners.length === 0) return s.sink.unheard();
  const start = r.pos;
  try {
    for (const { form, dialect, style } of listeners) {
      r.pos = start;
      dialect.update(s.sink.update(form), s.env.codec, r, style);
      s.sink.end();
    }
  } catch (error) {
    s.sink.drop();
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    s.sink.log('unreadable update', { reason: error.message });
    notify(s, refusal('UpdatesDropped'));
  }
}
