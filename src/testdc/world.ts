/** World: the accounts, chats and messages all DCs of a test share. */
export class World {}
