/**
 * Calls that the benches make: as JSON lines, with how their answers begin.
 * In: nothing. Out: texts. Never: a call that the test DC answers differently from Telegram.
 */

export interface Ask {
  readonly request: string;
  readonly expected: string;
}

function ask(message: string, expected: string): Ask {
  return { request: `{"id":$ID,"message":${message}}`, expected: `,"message":{"_cons":"${expected}"` };
}

export const NEAREST_DC = ask('{"_cons":"help.getNearestDc"}', 'nearestDc');

export const DIALOGS = ask(
  '{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":100,"hash":0}',
  'messages.dialogs',
);

/** A part of a file as clients download it: 512 KiB, the largest there is. */
export const FILE = ask(
  '{"_cons":"upload.getFile","location":{"_cons":"inputDocumentFileLocation","id":1,"access_hash":1,"file_reference":"","thumb_size":""},"offset":0,"limit":524288}',
  'upload.file',
);

/** What a client says first: its session is then open. */
export const FIRST = {
  line: '{"id":1,"message":{"_cons":"help.getNearestDc"}}',
  expected: '"message":{"_cons":"nearestDc"',
} as const;
