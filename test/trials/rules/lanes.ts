/** Rules of what goes between sessions and their lanes: what waits for the disk, what is counted, whose turn it is, how a session ends. */
import { rulesOf, type Rule } from './rule.ts';

export const LANES: readonly Rule[] = [
  ...rulesOf('src/main/sessions/cork.ts', 'open-session sessions/cork', [
    ['what waits already stays when more has to wait', '    this.#waiting ??= [];\n', '    this.#waiting = [];\n'],
    ['a line behind one that waits waits too', 'if (this.#waiting !== undefined) return this.sayLater(line);', ''],
    ['a line that needs not wait is sent at once', '    line();\n    this.#saidAll();\n', '    line();\n'],
    [
      'lines that have waited keep their order',
      'for (const line of waiting) line();',
      'for (const line of waiting.reverse()) line();',
    ],
    [
      'what has waited is said once',
      '    const waiting = this.#waiting;\n    this.#waiting = undefined;\n',
      '    const waiting = this.#waiting;\n',
    ],
    [
      'lines that have waited are sent',
      '    for (const line of waiting) line();\n    this.#saidAll();\n',
      '    for (const line of waiting) line();\n',
    ],
  ]),
  ...rulesOf('src/main/sessions/lane-news.ts', 'sessions/router sessions/lane-news', [
    [
      'an event of a lane has its own name in the log',
      'if (place === undefined) this.#log',
      'if (record.kind > 0) this.#log',
    ],
    [
      'what `--verbose` shows is no event',
      'const place = eventPlace(record.flags);',
      'const place = eventPlace(record.flags) ?? 0;',
    ],
    ['an error of a data centre is counted under its code', 'record.ticket | 0', '0'],
    ['what is said of a data centre is counted', '    this.#centres.heard(event, fields as CentreNews);\n', ''],
    ['a record about a session is none for the log', '    else return false;\n', ''],
  ]),
  ...rulesOf('src/main/sessions/load.ts', 'sessions/router sessions/load', [
    ['connections of all sessions count', 'links += session.links.size;', 'links = session.links.size;'],
    ['each session counts under what it is doing', 'states[session.state.state]++;', 'states.open++;'],
    ['open requests count for the lane of their session', 'openRequests[session.lane.number]!', 'openRequests[0]!'],
    ['open requests of all clients count', '! += ledger.size;', '! = ledger.size;'],
  ]),
  ...rulesOf('src/main/lanes/turns.ts', 'turns', [
    [
      'of two attachments that share a turn the one that goes takes its own records along',
      'session !== number || !WORK.has(kind)',
      '!WORK.has(kind)',
    ],
    ['all who wait for a turn hear of it', 'return [this.session, ...(this.others ?? [])];', 'return [this.session];'],
    [
      'who waits hears of it whatever the other dropped',
      'if (line.wasOver) over.add(line);',
      'if (line.bytes >= MARK) over.add(line);',
    ],
  ]),
  ...rulesOf('src/main/lanes/lane-queue.ts', 'turns', [
    [
      'what a client puts by two attachments of a session has one turn',
      'const turn = this.#shared.turnOf(kind, session);',
      'const turn = session;',
    ],
  ]),
  ...rulesOf('src/main/lanes/shared-turns.ts', 'turns', [
    ['who has gone shares no turn', 'if (kind === In.DETACH) this.#all.delete(number);\n    else if', 'if'],
    [
      'a session that has gone leaves no shared turn',
      'if (shared.session === session) this',
      'if (shared.session === -1) this',
    ],
  ]),
  ...rulesOf('src/main/lanes/turns.ts', 'turns', [
    [
      'a client comes behind the beginning of its session',
      'if (this.#isBeforeItsSession(line)) {',
      'if (this.isEmpty) {',
    ],
    [
      'nothing but the beginning of a session holds up a client that comes',
      'return first !== undefined && BEGINS.has(first[0]);',
      'return first !== undefined;',
    ],
    [
      'a client waits for the beginning of its own session',
      'const first = this.#lines.get(session)?.head;',
      'const first = this.#first()?.head;',
    ],
  ]),
  ...rulesOf('src/session/attach/over.ts', 'requests/keyed stored/record attach', [
    [
      'no key stays claimed, or in memory, when the end meets a bug',
      '    } finally {\n      // Whatever becomes of the record: no key stays claimed.\n      close(home);\n    }\n',
      '    } finally {\n      // Nothing.\n    }\n    close(home);\n',
    ],
    ['the last record is zeroed when the end meets a bug', '    record?.fill(0);\n', ''],
    ['what came is acknowledged before the end', 'if (stored?.hasRecord === true) acknowledgeAll(all, now);', ''],
    ['a session is stored for the last time at its end', 'if (record !== undefined) storeLast(home, record);', ''],
  ]),
  ...rulesOf('workers/lane-sessions.ts', 'lane-sessions', [
    ['the end of a session that met a bug says so', '      isFaulty = true;\n', ''],
    ['the end of a session that met no bug is not called one', 'let isFaulty = false;', 'let isFaulty = true;'],
    [
      'the bug that the end of a session met is in the log',
      '      isFaulty = true;\n      this.#log(error);\n',
      '      isFaulty = true;\n',
    ],
  ]),
  ...rulesOf('src/front/session-entry.ts', 'session-entry', [
    ['what is no list is told as it is', "if (isBad || OUTCOMES[outcome] !== 'result') return", 'if (isBad) return'],
    [
      'a bad line has no list',
      "if (isBad || OUTCOMES[outcome] !== 'result') return",
      "if (OUTCOMES[outcome] !== 'result') return",
    ],
    ['a name that begins like another is its own', '${JSON.stringify(name)}`', '${JSON.stringify(name).slice(0, -1)}`'],
    [
      'a brace within a string ends no entry',
      'answer[at] === QUOTE ? stringEnd(answer, at + 1, answer.length) + 1 : at + 1',
      'at + 1',
    ],
    ['what is not kept is not found', "statusOfRefusal('SessionNotFound')", '200'],
  ]),
  ...rulesOf('src/bytes/line-members.ts', 'request-id', [
    ['a body may be printed over several lines', 'byte === 0x20 || byte === 0x0a', 'byte === 0x20'],
  ]),
  ...rulesOf('src/bytes/line-members.ts', 'request-session', [
    ['a key with escapes may be any', ' || hasEscape(bytes, at + 1, close)) none', ') none'],
    ['a line that takes its connection elsewhere is known', 'if (isText(bytes, at + 1, close, other) || ', 'if ('],
    ['a value with escapes is no key', 'if (depth === 1 && isKey(bytes, close, end)) {', 'if (depth === 1) {'],
    ['of a line that goes on nobody knows', '  return NOT_FOUND;\n', '  return none;\n'],
  ]),
  ...rulesOf('src/bytes/packed-request-id.ts', 'packed-request-as', [
    ['a frame that takes its connection elsewhere is known', ", 'session')", ", '')"],
    ['a key with a long length may be any', 'if (first < 0xa0 || first > 0xbf || bytes', 'if (bytes'],
  ]),
  ...rulesOf('src/front/named-lines.ts', 'named-lines', [
    ['a name may be given in other words', 'this.#others.some((word) => chunk.includes(word))', 'false'],
    ['nobody has looked at lines before the first with the word', 'this.#hasKey ? undefined : null', 'undefined'],
  ]),
  ...rulesOf('src/bytes/request-session.ts', 'request-session', [
    ['a value that is no string is no name', 'if (at < 0 || bytes[at] !== QUOTE) return', 'if (at < 0) return'],
    ['a long string is no name', 'if (end - at > LONGEST_NAME || end >= stop) return', 'if (end >= stop) return'],
    [
      'a string that does not end is no name',
      'if (end - at > LONGEST_NAME || end >= stop) return',
      'if (end - at > LONGEST_NAME) return',
    ],
    ['a name with escapes is left to the lane', "return text.includes('\\\\') ? null : text;", 'return text;'],
    [
      'a name that is to be taken over is left to the lane',
      '  if (memberValue(bytes, session, end, TAKEOVER) !== NO_MEMBER) return null;\n',
      '',
    ],
    ['the name stands in `session`', 'memberValue(bytes, session, end, NAME)', 'memberValue(bytes, start, end, NAME)'],
    ['a name is looked for near the beginning of its line', 'Math.min(stop, start + FAR), AS, ', 'stop, AS, '],
  ]),
];
