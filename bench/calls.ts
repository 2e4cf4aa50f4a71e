/**
 * Calls that the benches make: as JSON lines, with how their answers begin.
 * In: nothing. Out: texts. Never: a call that the test DC answers differently from Telegram.
 */
import { randomBytes } from 'node:crypto';

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

/** What a client asks that leaves as little as it can to others. */
export interface HeavyAsk extends Ask {
  readonly name: string;
  readonly inFlight: number;
}

/** Text that does not shrink, a megabyte of it, nearly the longest a packet holds; refused for its length when it is there. */
const LONG_TEXT = ask(
  `{"_cons":"messages.sendMessage","peer":{"_cons":"inputPeerSelf"},"random_id":1,"message":"${randomBytes(750_000).toString('base64')}"}`,
  'rpc_error',
);

/** As many values as one line may have; the test DC does not know the call. */
const MANY_VALUES = ask(
  `{"_cons":"messages.readMessageContents","id":[${Array.from({ length: 199_000 }, () => '1').join()}]}`,
  'rpc_error',
);

export const HEAVY: readonly HeavyAsk[] = [
  { name: '1 MB of random text x 128', ...LONG_TEXT, inFlight: 128 },
  { name: '512 KiB of a file x 64', ...FILE, inFlight: 64 },
  { name: 'dialogs x 128', ...DIALOGS, inFlight: 128 },
  { name: '199 000 values x 32', ...MANY_VALUES, inFlight: 32 },
  { name: 'small x 10 000', ...NEAREST_DC, inFlight: 10_000 },
];
