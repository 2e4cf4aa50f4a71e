/** Rules of `updates`, and of reading TL by field name. */
import { type Rule, rulesOf } from './rule.ts';

/** What each change lets fall. */
export const UPDATES: readonly Rule[] = [
  ...rulesOf('src/updates/update-box.ts', 'engine', [
    ['a step that was told is not told again', 'if (beginOf(step) < this.value!) continue;', ''],
    ['a step waits for the one before it', 'beginOf(held[0]!) <= this.value!', 'true'],
    ['steps are told in their order', 'while (at > 0 && beginOf(this.#held[at - 1]!) > first) at--;', ''],
    ['what is missing is waited for', 'this.gapAt = now + GAP_MS;', 'this.gapAt = now;'],
    ['steps that wait are bounded', 'if (this.#held.length >= MOST_HELD) {', 'if (this.#held.length < 0) {'],
    [
      'steps wait while a difference comes',
      'if (!this.isFetching && this.value !== undefined)',
      'if (this.value !== undefined)',
    ],
    ['what came before the state was known is told', 'for (const step of old) apply(step);', ''],
  ]),
  ...rulesOf('src/updates/account-boxes.ts', 'engine', [
    [
      'the last of several slices is asked for',
      '    this.#isWanted = true;\n  }\n\n  /** What lies',
      '  }\n\n  /** What lies',
    ],
    ['an answer counts once', 'if (this.#asked !== asked) return false;', ''],
    ['one question at a time', 'if (this.#asked !== undefined) return Infinity;', ''],
    [
      'a question that failed waits',
      "if (failure.kind === 'later') return this.#retry.later(failure.seconds, now);",
      '',
    ],
    ['the date goes no further than what is known', 'this.dueAt === Infinity && this.#asked === undefined', 'true'],
  ]),
  ...rulesOf('src/updates/channel-boxes.ts', 'engine', [
    ['so many channels are asked for at once', 'if (this.#askedCount >= MOST_ASKED) return;', ''],
    ['what is known is not asked for', 'if (pts !== undefined && pts <= value) return;', ''],
    ['a channel that the account has left is forgotten', 'if (isClosed) this.#all.delete(id);', ''],
  ]),
  ...rulesOf('src/updates/read-updates.ts', 'read-updates', [
    ['a result of a call is told to nobody', 'isOwn ? {', 'isOwn && bytes.length < 0 ? {'],
    ['a channel that is shown in part keeps its access hash', "&& !fields.has(one, 'min')", ''],
    ['an update has those with it that it names', 'ids.has(id)', 'ids.has(id) || true'],
  ]),
  ...rulesOf('src/updates/update-fields.ts', 'read-updates', [
    ['an id that is an int is none of a chat', "|| this.#kindOf(fields, name) !== 'long'", ''],
    ['qts goes before pts', 'if (qts !== undefined) return', 'if (qts !== undefined && qts < 0) return'],
  ]),
  ...rulesOf('src/tl/walk.ts', 'tl/walk', [
    ['a field that is not there has no place', 'isThere ? from.pos : -1', 'from.pos'],
    [
      'an object is of its type',
      'if (type >= 0 && this.#directory.types[definition] !== type) this.#cannotStand(crc);',
      '',
    ],
    ['levels are bounded', 'if (++this.#depth > MAX_DEPTH)', 'if (++this.#depth > 1e9)'],
  ]),
  ...rulesOf('src/updates/consumer-group.ts', 'consumer-group', [
    [
      'updates of one chat are with one member',
      'if (holder !== undefined) return this.#hasRoom(holder) ? holder : undefined;',
      '',
    ],
    ['a window is kept', '< member.window;', '< Infinity;'],
    ['what is behind a late one in its chat goes again with it', 'late.has(open.work.chat)', 'open.dueAt <= now'],
    ['all before a place is acknowledged', 'first === undefined ? this.#last : first - 1', 'this.#last'],
    [
      'what goes again goes before what nobody has had',
      '[...again, ...this.#waiting.values()]',
      '[...this.#waiting.values(), ...again]',
    ],
  ]),
  ...rulesOf('src/updates/channel-boxes.ts', 'engine', [
    [
      'a channel that has moved is kept',
      '  #note(channel: ChannelBox): void {\n    this.#changed.add(channel.id);\n',
      '  #note(channel: ChannelBox): void {\n',
    ],
  ]),
  ...rulesOf('src/journal/journal.ts', 'journal', [
    [
      'boxes are written with what they cover',
      '      if (body.length > 0) this.#rows.put(name, JournalRow.BOX, box, body);\n',
      '      if (body.length > 1e9) this.#rows.put(name, JournalRow.BOX, box, body);\n',
    ],
    ['one entry comes whatever it has', 'entries.length > 0 && body.length > left', 'body.length > left'],
    ['what is pruned is not counted', '      size -= length;\n', ''],
  ]),
];
