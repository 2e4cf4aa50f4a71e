/** Rules of `src/session/attach` and what goes with it: sessions that several clients speak in. */
import { rulesOf, type Rule } from './rule.ts';

export const SESSION_SHARED: readonly Rule[] = [
  ...rulesOf('src/session/attach/alone.ts', 'attach/alone', [
    [
      'nobody has a session alone while others speak in it',
      "if (rivals.length > 0 && !takeover) return refusal('SessionInUse', { msg: BY_OTHERS, path: 'session.exclusive' });\n",
      '',
    ],
    [
      'nobody is let in where one has the session alone',
      'if (exclusive === undefined || exclusive.client === to.client || takeover) return undefined;',
      'if (exclusive !== undefined) return undefined;',
    ],
    [
      'single lines of who has the session alone are its own',
      'exclusive === undefined || exclusive.client === to.client || takeover',
      'exclusive === undefined || exclusive === to || takeover',
    ],
    [
      'takeover by itself ends nobody who shares a session',
      'attachments.rivals(to).filter((one) => exclusive || one.isExclusive)',
      'attachments.rivals(to)',
    ],
    [
      'who has nothing open, and names the session in each line, stands in nobody’s way',
      'const rivals = others.filter((one) => !passing.has(one));',
      'const rivals = others;',
    ],
    [
      'who names the session in each line is a rival while something is open',
      'return ![session.home, ...session.others].some((s) => s.pending.countOf(one) > 0);',
      'return true;',
    ],
    ['who was passed over is let in anew', '  one.isSettled = false;\n', ''],
    ['that it was outlives its thread', '  s.sink.speaks(one.number, one.manner);\n', ''],
    ['new lines of those who leave wait', 'for (const rival of rivals) rival.isLeaving = true;', ''],
    [
      'those who leave have their time',
      'if (now < session.aloneBy && leaving.some((one) => openOf(all, one) > 0)) return false;',
      '',
    ],
    ['those who leave have ten seconds, no more', 'if (now < session.aloneBy && leaving.some(', 'if (leaving.some('],
    [
      'nobody leaves a session for a client that has gone',
      "if (session.aloneBy === Infinity || isAwaited(session, 'alone')) return;",
      'return;',
    ],
    [
      'whoever lost its session hears of that',
      "if (to.isSettled) notifyOne(home, to, refusal('SessionLost', { reason, msg }));",
      '',
    ],
    ['whoever lost its session speaks in none', 'detach(home, to, to.isSettled);', 'detach(home, to, false);'],
    ['that one has the session alone outlives its thread', 's.sink.speaks(to.number, to.manner);', ''],
  ]),
  ...rulesOf('src/session/state/attachments.ts', 'attach/shared attach/alone', [
    [
      'nobody is let in while one waits to have the session alone',
      '(one.isExclusive || one.takesAlone) && !one.isMoving',
      'one.isExclusive && !one.isMoving',
    ],
    [
      'a line waits behind those of its client that came by another attachment',
      'else attachment.waitingLines = shared;',
      '',
    ],
    [
      'an update is encoded once for each form',
      '!one.isMoving && !byForm.has(one.form)) byForm.set(one.form, one)',
      '!one.isMoving) byForm.set(one.number * 64 + one.form, one)',
    ],
    ['who speaks by single lines hears no updates', 'if (!one.isMute && !one.isMoving && ', 'if (!one.isMoving && '],
    [
      'a form that nobody wants any more is not written',
      'if (this.#listeners.includes(attachment)) this.listen();',
      '',
    ],
  ]),
  ...rulesOf('src/session/state/attachments.ts', 'state/attachments', [
    [
      'who comes first when all have gone shares too',
      'if (this.#all.size > 0 || this.#ofClients !== undefined)',
      'if (this.#all.size > 0)',
    ],
    [
      'lines of who has gone are not in common with who comes',
      'if (--attachment.waitingLines.sharers === 0) this.#ofClients?.delete(attachment.client);',
      '',
    ],
  ]),
  ...rulesOf('src/session/state/attachment.ts', 'state/attachments', [
    ['a line waits alone for the attachment it came by', 'first?.attachment === this &&', 'first !== undefined &&'],
  ]),
  ...rulesOf('src/session/state/waiting-lines.ts', 'attach/shared', [
    [
      'who moves takes no lines of its client along that came by another attachment',
      'this.behind = this.behind.filter((line) => line.attachment !== attachment);',
      'this.behind = [];',
    ],
  ]),
  ...rulesOf('src/session/attach/move.ts', 'attach/move attach/alone', [
    [
      'a single line leaves its client where it is',
      "if (action === 'as' || to.isStateless) return s.sink.move",
      'if (to.isStateless) return s.sink.move',
    ],
    ['what is behind a line that moves is not taken', 'to.isMoving = true;', ''],
    [
      'who was let in is not put out by a line that is refused',
      'if (s.session.name === undefined || to.isStateless || to.isSettled) return;',
      'if (s.session.name === undefined || to.isStateless) return;',
    ],
    ['who was not let in is where it was', 'detach(s, to, false);', ''],
  ]),
  ...rulesOf('src/session/attach/carried.ts', 'attach/move', [
    ['the server goes with a client that names a session', 'server: isHome ? undefined : server', 'server: undefined'],
    [
      'the parameters go with it',
      'return init === undefined ? undefined : applyInit',
      'return true ? undefined : applyInit',
    ],
  ]),
  ...rulesOf('src/session/attach/over.ts', 'attach/shared attach/alone attach/forget', [
    ['nothing is stored of a session that is over', '  session.stored = undefined;\n', ''],
    [
      'a log-out that another thread repeats is answered by its own end',
      "if (waiting === undefined && isAwaited(home.session, 'logOut')) return;",
      '',
    ],
    [
      'what is open is over with its session, wherever its client is by now',
      'if (one.isMoving) endRequests(all, one);',
      'if (one.isMoving) continue;',
    ],
    ['who forgets a session hears first of what it has open there', '    endRequests(all, waiting.attachment);\n', ''],
    ['others are told that a session was forgotten', "endForAll(all, 'the session was forgotten', 'forgotten');", ''],
    ['another process waits for what is open', 'if (now < leaveBy && isBusy) return;', ''],
    ['another process does not wait for ever', 'if (now < leaveBy && isBusy) return;', 'if (isBusy) return;'],
  ]),
  ...rulesOf('src/session/attach/forget.ts', 'attach/shared', [
    [
      'a log-out is brought to its end without its client',
      '    if (waiting !== undefined) {\n',
      '    if (waiting === undefined) return;\n    {\n',
    ],
  ]),
  ...rulesOf('src/session/requests/take-options.ts', 'attach/shared', [
    ['a stored session is bound to the first parameters', 'if (isBound) return', 'if (false) return'],
    [
      'the same parameters may be given again',
      'return Buffer.compare(prefix, session.initPrefix) === 0 ? undefined :',
      'return false ? undefined :',
    ],
    ['whoever has the session alone may change them', ' && session.attachments.exclusive?.client !== to.client', ''],
    [
      'the form of one client is not that of the others',
      'to.style = { int64AsString, flagsAsBool };',
      'for (const one of s.session.attachments.all()) one.style = { int64AsString, flagsAsBool };',
    ],
  ]),
  ...rulesOf('src/session/requests/requests.ts', 'attach/move', [
    [
      'a line for another session goes there',
      "if (request.as !== undefined && request.as !== s.session.name) return move(s, line, 'as', request.as);",
      '',
    ],
    [
      'who is not let in changes nothing',
      'isStranger(s, to) ? undefined : takeOptionsAndServer',
      'takeOptionsAndServer',
    ],
  ]),
  ...rulesOf('src/session/attach/gone.ts', 'attach/gone', [
    ['requests of clients that have gone are forgotten at some time', '    s.pending.forgetGone(MOST_GONE);\n', ''],
  ]),
  ...rulesOf('src/session/state/pending-table.ts', 'state/pending', [
    ['a request with a key is not forgotten', '&& !hasKey', ''],
    ['of clients that have gone alone', 'attachment?.isGone === true', 'attachment !== undefined'],
  ]),
  ...rulesOf('src/session/state/pending-table.ts', 'attach/shared', [
    ['what a client that has gone had not sent is never sent', 'one.attachment !== of || mayCount(one);', 'true;'],
    ['what waits out a pause is not sent for one that has gone', '(stage !== Stage.DELAYED || hasKey)', 'true'],
    ['what others have not sent stays when a client goes', 'one.attachment !== of || mayCount(one);', 'mayCount(one);'],
  ]),
  ...rulesOf('src/session/session.ts', 'attach/shared attach/alone attach/move', [
    ['who comes when a session is over is sent on', 'if (home.session.isOver) detach(home, attachment, false);', ''],
    ['a client that has gone is answered nothing', 'attachment.isGone = true;', ''],
    ['nobody waits for one that has gone', '    stayIfNobodyTakes(this.#home);\n', ''],
    ['lines of a client that moves run elsewhere', 'if (to.isMoving) return;', ''],
  ]),
];
