/**
 * Take options: `options` of a request: the parameters of initConnection, and the form of answers (wire: Requests and answers).
 * In: the fields of one line. Out: the session's settings, or why not. Never: half of them.
 */
import type { OptionFields, Refusal } from '../../dialect/dialect.ts';
import { applyInit } from '../attach/bound-init.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';

/** Sets what a line asks for; a field that it leaves out stays as it is. @returns why `init` cannot be encoded */
export function applyOptions(s: ConnectionState, to: AttachmentState, fields: OptionFields): Refusal | undefined {
  const refused = applyInit(s, to, fields.init);
  if (refused !== undefined) return refused;
  if (fields.int64 !== undefined || fields.flags !== undefined) {
    const int64AsString = fields.int64 === undefined ? to.style.int64AsString : fields.int64 === 'string';
    const flagsAsBool = fields.flags === undefined ? to.style.flagsAsBool : fields.flags === 'bool';
    to.style = { int64AsString, flagsAsBool };
    s.session.attachments.listen();
    s.sink.speaks(to.number, to.manner);
  }
  return undefined;
}
