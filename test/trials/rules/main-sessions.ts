/** Rules of `src/main/sessions` and `src/main/names`: sessions that clients share, their names, residents, idempotency keys. */
import { rulesOf, type Rule } from './rule.ts';

export const MAIN_SESSIONS: readonly Rule[] = [
  ...rulesOf('src/main/sessions/router.ts', 'sessions/router lane', [
    [
      'an answer to a closed ticket goes to nobody',
      'if (attachment === undefined || closed === undefined) return;',
      'if (attachment === undefined) return;\n    if (closed === undefined) return attachment.reply(ticket, this.#give(record), false, 0);',
    ],
    [
      'an answer that waits for the disk waits',
      'if (!isHeld && !session.isCorked) return attachment.reply',
      'if (ticket > 0) return attachment.reply',
    ],
    [
      'a notice waits behind what waits for the disk',
      'if (!session.isCorked) return client.update(this.#give(record));',
      'if (record.kind > 0) return client.update(this.#give(record));',
    ],
    ['who waited for the lane is read on', '    this.#attachments.get(number)?.goOn();\n', ''],
  ]),
  ...rulesOf('src/main/sessions/recovery.ts', 'lane', [
    ['who killed two threads is refused', 'ticket.deaths < 2', 'ticket.deaths < 1e9'],
    ['whose last open request is refused has left what it speaks in no more', '    attachment.leaveIfDone();\n', ''],
  ]),
  ...rulesOf('src/main/sessions/recovery.ts', 'sessions/recovery', [
    [
      'what has a key is never said not to have been carried out',
      'if (!client.mayHaveKey(ticket)) return',
      'if (!client.mayHaveKey(ticket) || hasHope) return',
    ],
    [
      'what may have killed a thread twice is not called retryable',
      'return hasHope ? { retryable: true } : {};',
      'return { retryable: true };',
    ],
  ]),
  ...rulesOf('src/main/sessions/open-session.ts', 'open-session recovery client-sessions', [
    ['a session that is over is wiped', '    this.saved.wipe();\n', ''],
    [
      'who hears no updates gets none',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isRetired || attachment.form !== form) continue;',
    ],
    [
      'who speaks elsewhere by now gets no updates',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isMute || attachment.form !== form) continue;',
    ],
    [
      'an update goes to those who hear that form',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isMute || attachment.isRetired) continue;',
    ],
    [
      'one who reads nothing pauses no links while another reads',
      'for (const { client } of this.attachments) if (!client.isUnread) return false;',
      '',
    ],
    [
      'who comes while a link is full waits with the others',
      'if (this.#isLinkFull) attachment.client.gate.hold(Why.LINK);',
      '',
    ],
    [
      'a session that has ended has nobody in it',
      '    for (const attachment of [...this.attachments]) attachment.leave();\n',
      '',
    ],
    ['connections that are open and idle are not counted', '.filter((one) => one.isPresent)', ''],
    ['a sign-in under way is given up to nobody', '(this.isStored || !this.hasKey)', '(this.isStored || this.hasKey)'],
    [
      'what a line has set in a new session the next one finds',
      'return this.attachments.size > 0 ? linger : 0;',
      'return 0;',
    ],
    [
      'what was not taken runs alone behind all that is put again',
      'if (!ticket.isTaken) attachment.put(ticket, true);',
      'if (!ticket.isTaken) attachment.put(ticket);',
    ],
    ['what was taken is asked for again, and not begun anew', 'if (ticket.isTaken) this.lane.again', 'this.lane.again'],
    ['what is put again keeps the order it came in', '.sort(([, a], [, b]) => a.number - b.number)', ''],
    [
      'a session is closed once',
      '    if (this.isClosing) return;\n    this.isClosing = true;',
      '    this.isClosing = true;',
    ],
    ['what a lane is told of a key is zeroed', '      bytes.fill(0);\n', ''],
    [
      'whoever comes is read for, though nobody else takes answers',
      '    // Those who were there before may leave their answers unread.\n    this.readOn();\n',
      '',
    ],
  ]),
  ...rulesOf('src/main/sessions/presence.ts', 'open-session', [
    ['a session that lingers ends', '      this.endIfDue();\n    }, wait);', '    }, wait);'],
    ['a session lingers behind the last answer', '    this.#since = this.#of.env.ticks();\n', ''],
    [
      'the calls of one session have one timer',
      'if (wait === Infinity || wait >= this.#wait) return;\n    this.stop();\n',
      'if (wait === Infinity) return;\n',
    ],
  ]),
  ...rulesOf('src/main/sessions/client-sessions.ts', 'sessions/client-sessions sessions/open-session', [
    [
      'nothing is opened for what can be no name',
      'this.#named.has(as) || NAME.test(as) ? as : undefined;',
      'true ? as : undefined;',
    ],
    [
      'a session that has ended is its client’s no more',
      'if (name !== undefined && this.#named.get(name) === attachment) this.#named.delete(name);',
      '',
    ],
    [
      'sessions of one connection are bounded',
      'if (this.#named.size >= this.#sessions.limits.namesPerConnection && !this.#retireIdle()) return undefined;',
      '',
    ],
    ['who is busy in a session keeps it', 'if (one.ledger.size === 0 && one.usedAt <', 'if (one.usedAt <'],
    ['the session that was used longest ago is left first', 'found.usedAt = ++this.#uses;\n', ''],
    ['who has gone is not moved', "if (this.#isOver) return;\n    if (action === 'as' ||", "if (action === 'as' ||"],
    [
      'a line of HTTP goes its own way alone',
      "if (action === 'as' || from.speaking.isStateless)\n",
      "if (action === 'as')\n",
    ],
    [
      'a line of HTTP takes a name over from another process',
      "return this.#movedAlone(from, name, ticket, action === 'takeover');",
      'return this.#movedAlone(from, name, ticket, false);',
    ],
    [
      'who has only a line there that goes elsewhere has left what it speaks in no more',
      '    from.leaveIfDone();\n',
      '',
    ],
    [
      'a line with `as` does not pass one that may be for the same session',
      "if (typeof name === 'string' && !this.#mustFollow())",
      "if (typeof name === 'string')",
    ],
    ['what follows is called back when nothing is ahead of it', '    this.#callBack(this.#current);\n', ''],
    [
      'what is carried out where it is is not called back',
      'if (ticket === undefined || from.session.name === name) continue;',
      'if (ticket === undefined) continue;',
    ],
    ['a line that has named its session is known', '    this.#unsure.settled(ticket);\n', ''],
    ['two attachments of a client in a session have one turn', '      sibling,\n', ''],
    [
      'a takeover joins the claim of its name',
      '      if (isTakeover) this.#sessions.named(name, true, this.#number);\n',
      '',
    ],
  ]),
  ...rulesOf('src/main/sessions/unsure-lines.ts', 'client-sessions', [
    ['what is taken is known', 'return ticket === undefined || ticket.isTaken;', 'return ticket === undefined;'],
    ['lines before the first with `as` are looked at too', '    else this.#watch(ledger);\n', ''],
    ['what certainly names nothing is ahead of nothing', 'if (!isTaken && number <= this.#last)', 'if (!isTaken)'],
    [
      'what is known before the first line with `as` is ahead of nothing',
      'if (this.#last === ticket) this.#last = 0;',
      '',
    ],
  ]),
  ...rulesOf('src/main/sessions/saved-session.ts', 'saved', [
    [
      'the session that was saved is zeroed at its end',
      '    this.#session?.fill(0);\n    this.#session = undefined;',
      '    this.#session = undefined;',
    ],
    ['the block that a saved session came in is zeroed', '    view.fill(0);\n', ''],
    [
      'what was saved before is zeroed',
      '    this.#session?.fill(0);\n    this.#session = Buffer',
      '    this.#session = Buffer',
    ],
    [
      'ids that are saved are bounded',
      'const gone = Math.min(this.#idsLength, Math.max(needed - MOST_IDS, MOST_IDS / 8));',
      'const gone = 0;',
    ],
  ]),
  ...rulesOf('src/main/sessions/ledger.ts', 'ledger clients/client', [
    ['bytes of answered requests count no more', '    this.#tally.bytes -= found.stop - found.start;\n', ''],
  ]),
  ...rulesOf('src/main/names/record-writer.ts', 'record-writer session-registry', [
    [
      'each that asked for a record to be stored is answered',
      'for (const ticket of tickets) answerStore(owner, ticket, fault);',
      'answerStore(owner, tickets[0]!, fault);',
    ],
    [
      'a client is told only when the newest urgent record is on the disk',
      '    if (!this.#isDue) this.uncork();',
      '    this.uncork();',
    ],
    ['a record that was replaced is zeroed', '    this.#unwritten?.fill(0);\n', ''],
    ['a record that was written is zeroed', '        record.fill(0);\n        this.#written', '        this.#written'],
    ['a write that failed is tried again', '    this.#nowIn(waitAfter(this.#failures));\n', ''],
    [
      'a log-out that leaves the record of another process is told',
      'if (!(await (await this.#vault.get()).remove(name, true)))',
      'if ((await (await this.#vault.get()).remove(name, true)) === undefined)',
    ],
    [
      'a record that failed does not replace a newer one',
      'if (this.#unwritten === undefined) this.#unwritten = record;\n    else record.fill(0);',
      'this.#replace(record);',
    ],
    ['a record that failed is zeroed where a newer one stands', '    else record.fill(0);\n', ''],
    [
      'what waits for the disk is said once the name is given up',
      '    this.#env.clearTimer(late);\n    this.uncork();\n    last?.fill(0);',
      '    this.#env.clearTimer(late);\n    last?.fill(0);',
    ],
    [
      'giving a name up holds no answer for more than five seconds',
      'const late = this.#env.setTimer(() => this.uncork(), PATIENCE);\n    await',
      'const late = this.#env.setTimer(() => undefined, PATIENCE);\n    await',
    ],
    [
      'a write that failed for nobody holds no answer',
      '    // A write that was under way may have failed for nobody.\n    this.uncork();\n',
      '',
    ],
    [
      'who asked for a record that a log-out has dropped is answered',
      '      if (owner !== undefined) answerAll(owner, explicit);\n    });',
      '    });',
    ],
  ]),
  ...rulesOf('src/main/names/ownership.ts', 'session-registry', [
    ['a record that was handed over is zeroed', '    this.#record.fill(0);\n', ''],
  ]),
  ...rulesOf('src/main/names/fair-queue.ts', 'fair-queue session-registry', [
    [
      'names that a client claims wait for their turn among those of others',
      '    if (this.#running < this.#most) this.#running++;\n    else await',
      '    if (caller === undefined) await',
    ],
    [
      'who had a turn is behind those who wait for theirs',
      '    this.#waiting.delete(caller);\n    if (begins.length > 0) this.#waiting.set(caller, begins);',
      '    if (begins.length === 0) this.#waiting.delete(caller);',
    ],
  ]),
  ...rulesOf('src/main/names/session-registry.ts', 'sessions/recovery', [
    [
      'a session that ends without a last record leaves its numbering behind',
      '    if (owner.hasSent) ownership.stands(NO_RECORD, false);\n',
      '',
    ],
  ]),
  ...rulesOf('src/main/names/session-registry.ts', 'session-registry', [
    [
      'the vault is not asked for a name that nobody wants any more',
      '(ownership.owner === undefined ? undefined : vault.claim(ownership.name))',
      'vault.claim(ownership.name)',
    ],
    ["the vault's copy of a record is zeroed", '      claim.record?.fill(0);\n', ''],

    [
      'the bytes of a record are zeroed where they stood',
      '    bytes.fill(0);\n    if (ownership === undefined)',
      '    if (ownership === undefined)',
    ],
    [
      'what another process has by now was not forgotten',
      'if (!(await ownership.writer.forget())) return answerForget(owner, ticket, IN_USE);',
      'await ownership.writer.forget();',
    ],
    [
      'a takeover that came to nothing is asked for no longer',
      '        if (waited > 0) await vault.withdraw(ownership.name).catch(() => undefined);\n',
      '',
    ],
    ['a session that has gone gets no name', 'if (owner.isClosing) return;', ''],
    [
      'a name has one owner',
      'if (before.owner?.isClosing === false || before.writer.isFailing) {',
      'if (before.writer.isFailing) {',
    ],
    [
      'a name whose last record cannot be written is not handed on',
      'if (before.owner?.isClosing === false || before.writer.isFailing) {',
      'if (before.owner?.isClosing === false) {',
    ],
    ['a refusal comes behind what was put', '        await Promise.resolve();\n', ''],
    [
      'a thread that is lost while a name is claimed is told of it once',
      '    if (this.#claiming.has(owner)) return;\n',
      '',
    ],
    ['what somebody uses is not given up unasked', '    if (isIfIdle && !ownership.owner.isIdle) return;\n', ''],
    [
      'a plain claim asks for what nobody uses',
      'await vault.ask(ownership.name, !isTakeover);',
      'if (isTakeover) await vault.ask(ownership.name);',
    ],
    ['a resident asks nobody for its name', 'return isResident ? 0 : IDLE_WAIT;', 'return IDLE_WAIT;'],
    ['a claim that has ended is none', '      this.#claiming.delete(owner);\n', ''],
    ['a takeover joins a claim', 'if (this.#claiming.has(owner)) this.#claiming.set(owner, true);', ''],
    [
      'a plain claim takes nothing from another process',
      'const isTakeover = this.#claiming.get(owner) === true;',
      'const isTakeover = true;',
    ],
    ['a resident that is forgotten is none any more', '    owner.isResident = false;\n', ''],
  ]),
  ...rulesOf('src/main/names/request-keys.ts', 'request-keys', [
    [
      'a message goes once its key is on the disk',
      'await outcomes.write(name, first.key, row);',
      'void outcomes.write(name, first.key, row);',
    ],
    [
      'a key belongs to its message',
      "if (!isSame(open.first.fingerprint, asker.fingerprint)) return say(asker, { verdict: 'reused' });",
      '',
    ],
    ['an answer waits until its outcome is stored', "    open.stage = 'ending';\n", ''],
    [
      'what was sent by a lost session is unknown',
      "?.isSent === false ? 'free' : 'unknown'",
      "?.isSent === false ? 'free' : 'free'",
    ],
    ['a gateway that stops holds no answer for the disk', 'for (const open of this.#all()) release(open);', ''],
    [
      'a key is good for a day',
      'if (row === undefined || this.#env.now() - row.since >= OUTCOME_LIFE) return undefined;',
      'if (row === undefined) return undefined;',
    ],
    [
      'a stored key belongs to its message',
      "    if (row.fingerprint.length > 0 && !isSame(row.fingerprint, first.fingerprint)) return { verdict: 'reused' };\n",
      '',
    ],
    [
      'what was begun and whose outcome nobody knows is not begun again',
      "return row.outcome.length === 0 ? { verdict: 'unknown' } : {",
      'return row.outcome.length === 0 ? undefined : {',
    ],
    ['an outcome that the disk refused is known to this process', '      this.#keepUnwritten(id, row);\n', ''],
    ['such outcomes are bounded', 'if (this.#unwritten.size > MOST_UNWRITTEN)', 'if (this.#unwritten.size > 1e9)'],
    ['a long outcome is not stored', 'outcome.length > MOST_OUTCOME ? OMITTED_OUTCOME : outcome', 'outcome'],
    [
      'a row that cannot be read says that something was begun',
      "if (error instanceof VaultError && error.fault === 'VaultRecordBroken') return readKeyRow(NOTHING);",
      "if (error instanceof VaultError && error.fault === 'VaultRecordBroken') return undefined;",
    ],
    [
      'a key whose disk was late is freed when it is noted after all',
      "if (open.stage === 'left') return this.#end(open, { end: 'free', outcome: Buffer.alloc(0) });",
      "if (open.stage === 'left') return this.#close(open);",
    ],
    [
      'a repeat asks once more when the first has ended',
      'for (const asker of open.waiting) this.#ask(asker, open.name);',
      '',
    ],
    [
      'a request whose client is gone with its thread leaves its key unknown',
      "if (open.stage === 'granted' && !isOwed(open.first)) this.#close(open);",
      '',
    ],
  ]),
  ...rulesOf('src/main/sessions/attachment.ts', 'open-session client-sessions', [
    [
      'who waits for an answer of the disk has not left',
      'if (this.hasLeft || this.ledger.size > 0 || this.#later > 0) return;',
      'if (this.hasLeft || this.ledger.size > 0) return;',
    ],
    ['who has left is counted once', 'if (this.hasLeft || this.ledger', 'if (this.ledger'],
    ['who has nothing open, and names the session in each line, does not count', '      this.session.rests();\n', ''],
    ['who names the session in each line counts while something is open', '    this.session.woke();\n', ''],
    [
      'a session of a client of HTTP alone ends with its connection',
      'return this.#speaking.isStateless && this.session.name !== undefined;',
      'return this.#speaking.isStateless;',
    ],
    [
      'an answer that waits for the disk is open',
      '    this.tally.open++;\n    this.#later++;\n',
      '    this.#later++;\n',
    ],
  ]),
  ...rulesOf('src/main/sessions/residents.ts', 'residents', [
    ['residents are opened a few at a time', 'this.#waiting.splice(0, this.#atOnce)', 'this.#waiting.splice(0)'],
    ['a resident that has ended is opened after a pause that grows', 'FIRST_WAIT * 2 ** failures', 'FIRST_WAIT'],
    [
      'one that was open for long begins with a short pause',
      'const failures = wasOpen ? 0 : (this.#failures.get(name) ?? 0);',
      'const failures = this.#failures.get(name) ?? 0;',
    ],
    ['one that is lost is not tried again', ' || session.isLost) return', ') return'],
    ['one that is none any more is not opened again', ' || !session.isResident || ', ' || '],
    [
      'what a client has made of a resident stays',
      'if (session.attachments.size === 0 && !session.isStored) session.isResident = true;',
      'session.isResident = true;',
    ],
    ['a gateway that stops opens none', '    for (const timer of this.#timers) this.#env.clearTimer(timer);\n', ''],
  ]),
  ...rulesOf('src/main/sessions/router.ts', 'open-session router', [
    [
      'keys of a session whose end met a bug are not freed',
      '        if ((record.flags & GoneFlag.FAULT) !== 0) this.registry.keys.lost(session);\n',
      '',
    ],
  ]),
  ...rulesOf('src/main/names/key-row.ts', 'request-keys', [
    ['a row that was cut says that something was begun', 'since: Infinity, fingerprint', 'since: 0, fingerprint'],
  ]),
];
