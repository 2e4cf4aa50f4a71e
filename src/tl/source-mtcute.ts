/**
 * Source form of `@mtcute/core`: `tl/api-schema.json` (`l` layer, `e` entries) and
 * `tl/mtp-schema.json` (entries alone), scheme/README.md.
 * In: parsed JSON. Out: TL text, which goes through the parser like any other.
 * Never: takes its comments, which are prose of Telegram's site.
 */

interface Modifiers {
  readonly predicate?: string;
  readonly isVector?: boolean;
  readonly isBareVector?: boolean;
}

interface Typed {
  readonly name: string;
  readonly type: string;
  readonly typeModifiers?: Modifiers;
}

interface Entry extends Typed {
  readonly kind: 'class' | 'method';
  readonly id: number;
  readonly generics?: readonly Typed[];
  readonly arguments: readonly Typed[];
}

type MtcuteJson = readonly Entry[] | { readonly l: number; readonly e: readonly Entry[] };

/** Two aliases made by hand under Telegram's numbers; with `mtcute.*` they are no part of the API. */
const NOT_TELEGRAMS = new Set(['inputPeerPhotoFileLocationLegacy', 'inputStickerSetThumbLegacy']);

/** The service file calls everything a class; these of it are functions. */
const SERVICE_FUNCTIONS = new Set([
  'mt_req_pq_multi',
  'mt_req_DH_params',
  'mt_set_client_DH_params',
  'mt_rpc_drop_answer',
  'mt_get_future_salts',
  'mt_ping',
  'mt_ping_delay_disconnect',
  'mt_destroy_session',
  'mt_destroy_auth_key',
]);

/** Whether parsed JSON has the form of one of the two files of `@mtcute/core`. */
export function isMtcuteJson(json: unknown): json is MtcuteJson {
  const entries: unknown = Array.isArray(json) ? json : (json as { e?: unknown } | null)?.e;
  return Array.isArray(entries) && entries.every(isEntry);
}

function isEntry(value: unknown): value is Entry {
  const { kind, name, type, id, arguments: fields } = (value ?? {}) as Record<string, unknown>;
  const isKind = kind === 'class' || kind === 'method';
  return (
    isKind && typeof name === 'string' && typeof type === 'string' && typeof id === 'number' && Array.isArray(fields)
  );
}

/** TL text of all entries that are Telegram's, in the file's order, with its layer. */
export function mtcuteText(json: MtcuteJson): string {
  const [entries, layer] = 'e' in json ? [json.e, json.l] : [json, 0];
  const kept = entries.filter((entry) => !NOT_TELEGRAMS.has(entry.name) && !entry.name.startsWith('mtcute.'));
  const lines = kept.filter((entry) => !isFunction(entry)).map(line);
  lines.push('---functions---', ...kept.filter(isFunction).map(line));
  if (layer > 0) lines.push(`// LAYER ${layer}`);
  return lines.join('\n');
}

function isFunction(entry: Entry): boolean {
  return entry.kind === 'method' || SERVICE_FUNCTIONS.has(entry.name);
}

function line(entry: Entry): string {
  const words = [`${ownName(entry.name)}#${(entry.id >>> 0).toString(16)}`];
  for (const generic of entry.generics ?? []) words.push(`{${generic.name}:${generic.type}}`);
  for (const field of entry.arguments) words.push(`${field.name}:${typeText(field)}`);
  return `${words.join(' ')} = ${typeText(entry)};`;
}

/** `int53` marks longs that fit a double; `mt_` the service file's names. */
function typeText({ type, typeModifiers: how }: Typed): string {
  let text = type === 'int53' ? 'long' : ownName(type);
  if (how?.isVector === true) text = `Vector<${text}>`;
  if (how?.isBareVector === true) text = `vector<${text}>`;
  return how?.predicate === undefined ? text : `${how.predicate}?${text}`;
}

function ownName(name: string): string {
  return name.replace(/^mt_/, '');
}
