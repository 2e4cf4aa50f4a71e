/**
 * Source form of Telegram's own scheme page: `{"constructors":[…],"methods":[…]}`.
 * In: parsed JSON. Out: TL text, which goes through the parser like any other.
 */

interface Param {
  readonly name: string;
  readonly type: string;
}

interface Entry {
  /** Signed, as a decimal string. */
  readonly id: string | number;
  readonly predicate?: string;
  readonly method?: string;
  readonly params: readonly Param[];
  readonly type: string;
}

interface TelegramJson {
  readonly constructors: readonly Entry[];
  readonly methods: readonly Entry[];
  readonly layer?: number;
}

/** Whether parsed JSON has the form of Telegram's scheme page. */
export function isTelegramJson(json: unknown): json is TelegramJson {
  const { constructors, methods } = (json ?? {}) as Record<string, unknown>;
  return isList(constructors, 'predicate') && isList(methods, 'method');
}

function isList(value: unknown, nameKey: string): boolean {
  return Array.isArray(value) && value.every((one) => isEntry(one, nameKey));
}

function isEntry(value: unknown, nameKey: string): boolean {
  const entry = (value ?? {}) as Record<string, unknown>;
  const isNumber = Number.isInteger(Number(entry['id']));
  return (
    isNumber &&
    typeof entry[nameKey] === 'string' &&
    typeof entry['type'] === 'string' &&
    Array.isArray(entry['params'])
  );
}

/** TL text of all entries, constructors first, with the layer if the page names one. */
export function telegramText(json: TelegramJson): string {
  const lines = json.constructors.map((entry) => line(entry.predicate!, entry));
  lines.push('---functions---', ...json.methods.map((entry) => line(entry.method!, entry)));
  if (json.layer !== undefined) lines.push(`// LAYER ${json.layer}`);
  return lines.join('\n');
}

function line(name: string, entry: Entry): string {
  const head = `${name}#${(Number(entry.id) >>> 0).toString(16)}`;
  // The page writes `vector` with its body left out.
  if (name === 'vector') return `${head} {t:Type} # [ t ] = Vector t;`;
  const called = entry.params
    .filter((param) => param.type.startsWith('!'))
    .map((param) => `{${param.type.slice(1)}:Type}`);
  const fields = entry.params.map((param) => `${param.name}:${param.type}`);
  return `${[head, ...called, ...fields].join(' ')} = ${entry.type};`;
}
