/** Rules of `src/vault`: what is believed of a file, who has a name, what reaches the disk, and what is zeroed. */
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
    [
      'one process rebuilds at a time',
      'if (isOfLivingProcess(path)) throw',
      'if (isOfLivingProcess(path) && path === LOCK) throw',
    ],
  ]),
  ...rulesOf('src/vault/seal.ts', 'seal rows', [
    [
      'a row whose bits have changed does not open',
      '  try {\n    decipher.final();\n    return body;',
      '  try {\n    return body;',
    ],
    ['a row of another length does not open', ' || rowLength(bytes) !== bytes.length', ''],
    [
      'the head of a row is sealed too',
      'decipher.setAAD(FORMAT).setAAD(bytes.subarray(0, headLength));',
      'decipher.setAAD(FORMAT).setAAD(bytes.subarray(0, headLength - 0 * headLength));\n  if (headLength > 0) decipher.setAAD(Buffer.alloc(0));',
    ],
    ['a nonce is used once', '  randomFillSync(nonce);\n', ''],
    ['a row has at most 16 MiB', 'if (body.length > LARGEST) throw', 'if (body.length > LARGEST * 16) throw'],
    ['what did not open is zeroed', '    body.fill(0);\n', ''],
  ]),
  ...rulesOf('src/vault/lmdb-vault.ts', 'lmdb-vault owners', [
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
  ]),
  ...rulesOf('src/vault/commits.ts', 'disk lmdb-vault', [
    ['blocks are preallocated before a transaction', '    this.#file.reserve(used, need);\n', ''],
    ['a vault that is full says so', 'if (used + need > MAP_SIZE) throw', 'if (used + need > MAP_SIZE * 4) throw'],
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
    ['a link in place of the inner folder is refused', '(stat.isDirectory() && isTrusted)', 'isTrusted'],
  ]),
  ...rulesOf('src/vault/open.ts', 'open', [
    [
      'a file whose last transaction is missing is called damaged',
      "if (last > (transactionOf(bytes) ?? 0)) return 'the last transaction is missing';",
      '',
    ],
    ['a file is walked before LMDB opens it', 'if (!isEmpty) await repair(folder, secret, warn);', ''],
  ]),
  ...rulesOf('src/vault/key-source.ts', 'open key-source', [
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
];
