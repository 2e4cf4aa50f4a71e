/** Rules of `src/vault` and `src/account`: what is believed of a file, who has a name, what reaches the disk, and what is zeroed. */
import { rulesOf, type Rule } from './rule.ts';

export const VAULT: readonly Rule[] = [
  ...rulesOf('src/vault/rows.ts', 'rows', [
    ["a row under another name's key is not taken", 'head.name === name && ', ''],
    ['a row of another kind is not taken', ' && LETTERS[head.kind] === LETTERS[kind]', ''],
    ['a version comes after the one that is there', '(headOf(before)?.seq ?? 0)) + 1', '(headOf(before)?.seq ?? 0))'],
    [
      "a file whose key is not its row's is called damaged",
      'if (begins !== -1 && begins !== key.length) return false;',
      '',
    ],
  ]),
  ...rulesOf('src/vault/rebuild.ts', 'rebuild', [
    ['a rebuild takes the newest version of a record', 'rank(row) > rank(other)', 'rank(row) < rank(other)'],
    ['a rebuild ends where a living process has the vault', '  await refuseLiving(folder, found);\n', ''],
    [
      'a version that opens beats one that does not',
      'body === undefined || !Number.isSafeInteger(seq) ? -1 : seq',
      'seq',
    ],
    ['the damaged file is kept aside', '  linkSync(path, aside);\n', ''],
    ['a rebuilt vault has the outcomes of requests', 'isRecord(row) || row.kind === RowKind.OUTCOME', 'isRecord(row)'],
    [
      'one process rebuilds at a time',
      'if (isOfLivingProcess(path)) throw',
      'if (isOfLivingProcess(path) && path === LOCK) throw',
    ],
  ]),
  ...rulesOf('src/vault/outcomes.ts', 'outcomes', [
    ['an outcome goes when its day is over', 'now - at < OUTCOME_LIFE &&', ''],
    ['the outcomes of one name are bounded', '      hasRoom(ofName, length, OUTCOME_BOUNDS.ofName) &&\n', ''],
    ['the oldest outcomes go first', 'b.at - a.at', 'a.at - b.at'],
  ]),
  ...rulesOf('src/vault/outcome-rows.ts', 'lmdb-vault rebuild', [
    [
      "an outcome of a name that is not this process's is not written",
      "if (!this.#vault.isOwn(name)) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);",
      '',
    ],
    ['a forgotten session leaves no outcome', '    await this.#removeAll(names);\n', ''],
    ['a forgotten session takes the outcomes of no other', 'this.#entries(`${name}\\0`)', 'this.#entries(name)'],
    [
      'an outcome that was damaged is not taken for none',
      "if (row.body === undefined)\n      throw new VaultError('VaultRecordBroken', `the outcome of a request of ${name} is damaged`);",
      '',
    ],
  ]),
  ...rulesOf('src/vault/seal.ts', 'seal wipes rows', [
    [
      'a row whose bits have changed does not open',
      '  try {\n    decipher.final();\n    return body;',
      '  try {\n    return body;',
    ],
    ['a row of another length does not open', ' || rowLength(bytes) !== bytes.length', ''],
    ['the head of a row is sealed too', '  cipher.setAAD(head);\n', ''],
    ['a nonce is used once', '  randomFillSync(nonce);\n', ''],
    ['a row has at most 16 MiB', 'if (body.length > LARGEST) throw', 'if (body.length > LARGEST * 16) throw'],
    ['what did not open is zeroed', '    body.fill(0);\n', ''],
  ]),
  ...rulesOf('src/vault/lmdb-vault.ts', 'wipes rows lmdb-vault owners', [
    ['a record that was opened for nobody is zeroed', '    record?.fill(0);\n', ''],
    ['a request for a name is too old at some time', 'if (stands(body, Date.now())) this.asked', 'this.asked'],
    [
      'another process’s request is not withdrawn',
      "if (body?.toString('latin1').startsWith(this.#self.uuid) === true) this",
      'this',
    ],
    [
      "what is not this process's is not written",
      "if (!this.#owners.isOwn(name)) throw new VaultError('VaultWriteFailed', `${name} is not this process's`);",
      '',
    ],
    ['a name of a living process is not removed', "if (this.#owners.stateOf(name) === 'elsewhere') return false;", ''],
    [
      'a record that was written is zeroed in memory',
      '      });\n    } finally {\n      body.fill(0);',
      '      });\n    } finally {\n      void body;',
    ],
    ['a record is zeroed when its name is released', '    } finally {\n      body?.fill(0);\n', '    } finally {\n'],
    [
      'a damaged record is said to be damaged',
      "if (record === undefined) throw new VaultError('VaultRecordBroken', `the record of ${name} is damaged`);",
      '',
    ],
    ['a removed name is not listed', 'if (row.kind === RowKind.REMOVED) continue;', ''],
    [
      'a name is given up with its process',
      'if (this.#claims.size > 0 || this.#unwrittenReleases.size > 0) await this.#releaseAll();',
      '',
    ],
    ['a list leaves no record in memory', 'if (excerpt !== wholeRecord) record?.fill(0);', ''],
    ['a request that cannot be removed is told once', ' || this.#toldRequests.get(name) === seq', ''],
    [
      'nothing is written where nothing may be',
      '    if (this.#commits === undefined)\n      throw',
      '    if (this.#commits === undefined && size < 0)\n      throw',
    ],
  ]),
  ...rulesOf('src/vault/owners.ts', 'lmdb-vault owners', [
    [
      'a name of a living process is not taken',
      "    if (this.#stateOf(owner) === 'elsewhere') return undefined;\n",
      '',
    ],
    [
      'a name that was not released clean is not called clean',
      'return owner?.uuid === NO_OWNER && owner.isClean;',
      'return true;',
    ],
    [
      'a name that was given up, and is not clean, leaves no row',
      '    else this.forget(name);\n',
      '    else this.#write(name, { uuid: NO_OWNER, isClean });\n',
    ],
  ]),
  ...rulesOf('src/vault/commits.ts', 'commits disk lmdb-vault', [
    ['blocks are preallocated before a transaction', '    this.#file.reserve(used, need);\n', ''],
    ['what LMDB gives as its reason later is heard', 'const failure = await causeOf(error);', 'const failure = error;'],
    [
      'a vault that is full says so',
      'if (used + need > this.#mapSize) throw',
      'if (used + need > this.#mapSize * 4) throw',
    ],
    [
      'a process does not write into a file that was replaced',
      'if (statSync(this.#path).ino !== this.#file.inode)',
      'if (this.#file.inode < 0)',
    ],
    [
      "one step that is refused does not undo its neighbours'",
      'if (error instanceof VaultError) return { refused: error };',
      '',
    ],
  ]),
  ...rulesOf('src/vault/data-key.ts', 'open', [
    [
      'a key given by mistake does not seal a vault',
      "if (!isEmpty || !maySeal) throw new VaultError('VaultClosed', notSealed(source.kind, folder));",
      '',
    ],
    [
      'a lost key file is not replaced by another key',
      '    if (!isEmpty)\n      throw',
      '    if (!isEmpty && !maySeal)\n      throw',
    ],
    ['a newer vault is refused', 'if (wrapped.version > FORMAT_VERSION) throw newer(path, wrapped.version);', ''],
    [
      'a damaged copy of the key is passed over',
      'wrapped.format === FORMAT && sum === sumOf(wrapped) ? wrapped : undefined',
      'wrapped.format === FORMAT ? wrapped : undefined',
    ],
    [
      'each passphrase has a salt of its own',
      "salt: randomBytes(16).toString('base64')",
      "salt: Buffer.alloc(16).toString('base64')",
    ],
    ['a passphrase costs who guesses', 'n: 2 ** 17, r: 8, p: 1', 'n: 2 ** 10, r: 8, p: 1'],
  ]),
  ...rulesOf('src/vault/permissions.ts', 'open', [
    [
      'a vault that is open to others is refused',
      'if (isPrivate(folder) || makeFolderPrivate(folder, warn)) return folder;',
      'if (isPrivate(folder) || makeFolderPrivate(folder, warn) || hasVault(folder)) return folder;',
    ],
    [
      'a folder with other things in it keeps its mode',
      'if (!readdirSync(folder).every((name) => OF_A_VAULT.test(name))) return false;',
      '',
    ],
    ['a folder like /tmp keeps its mode', ' || (mode & STICKY) !== 0', ''],
    ['a file of the vault is made private', '    chmodSync(path, 0o600);\n', ''],
    ['a link in place of the inner folder is refused', '(stat.isDirectory() && isTrusted)', 'isTrusted'],
  ]),
  ...rulesOf('src/vault/open.ts', 'integrity open', [
    [
      'a file whose last transaction is missing is called damaged',
      "if (last > (transactionOf(bytes) ?? 0)) return 'the last transaction is missing';",
      '',
    ],
    ['a file is walked before LMDB opens it', 'if (!isEmpty) await repair(folder, secret, warn);', ''],
  ]),
  ...rulesOf('src/vault/key-source.ts', 'key-source open', [
    [
      'a key has 32 bytes',
      'if (content.length === KEY_LENGTH) return content;',
      'if (content.length > 0) return content;',
    ],
    ['an empty passphrase is refused', "if (passphrase === '') throw", "if (passphrase === ' ') throw"],
  ]),
  ...rulesOf('src/vault/processes.ts', 'owners', [
    ['a process of another boot is dead', 'if (other.boot !== boot()) return false;', ''],
    [
      'a number that was given again is not the process that had it',
      'return startOf(other.pid) === other.started;',
      'return startOf(other.pid) !== undefined;',
    ],
  ]),
  ...rulesOf('src/vault/integrity.ts', 'integrity', [
    ['a page is used once', "if (this.#seen[i] !== 0) throw new Wrong('a page used twice');", ''],
    ['a page beyond the file is not followed', ' || number + count > this.#seen.length', ''],
    ['a page has its own number', "if (uint(page, 0) !== number) throw new Wrong('a page with another number');", ''],
    [
      'keys are in order',
      "if (before !== undefined && compare(before, key) >= 0) throw new Wrong('keys out of order');",
      '',
    ],
    [
      'trees are as large as they say',
      'if (this.#counts[name] !== tree[name]) throw new Wrong(`the count of ${name}`);',
      ';',
    ],
    ['an older state with a wrong number is seen', '    walk.checkRoot();\n', ''],
    ['a file that was cut is seen', 'Math.min(bytes.length, mapSize)', 'mapSize'],
  ]),
  ...rulesOf('src/vault/last-transaction.ts', 'integrity', [
    ['the number of the last transaction only grows', '  if (number <= readLastTransaction(folder)) return;\n', ''],
    ['a damaged number counts as none', 'text === lineOf(number) ? Number(number) : 0', 'Number(number)'],
  ]),
  ...rulesOf('src/vault/atomic-file.ts', 'open', [
    [
      'the key file that was there first stays',
      'if (mayReplace) renameSync(temporary, path);\n    else linkSync(temporary, path);',
      'renameSync(temporary, path);',
    ],
  ]),
  ...rulesOf('src/vault/summary.ts', 'wipes', [
    [
      'a summary has no more than may be shown',
      '{ ...emptyRecord(dc, test), userId, isBot, lost, isResident, initText }',
      'record',
    ],
  ]),
  ...rulesOf('src/account/record.ts', 'record', [
    ['a record of a newer version is refused', 'version < 1 || version > RECORD_VERSION', 'version < 1'],
    [
      'a record without the fields of version 2 is of version 1',
      '(flags & SINCE_VERSION_2) === 0 ? 1 : RECORD_VERSION',
      'RECORD_VERSION',
    ],
    [
      'a record with a field of version 2 is no longer of version 1',
      'SINCE_VERSION_2 = Has.RESIDENT | Has.INIT_TEXT',
      'SINCE_VERSION_2 = Has.RESIDENT',
    ],
    [
      'bytes behind a record are refused',
      "if (r.left !== 0) throw new RecordError('the record is longer than it should be');",
      '',
    ],
    ['no list has fewer than no entries', '  r.need(count < 0 ? Infinity : count * size);\n', ''],
    ['keys that were read are wiped', '  for (const { key } of keys) key.fill(0);\n', ''],
  ]),
];
