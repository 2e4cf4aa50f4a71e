<?php
const HOST = 'localhost';
const PORT = 1543;
const NAME = 'bot1';
const STATE = NAME . '.state';

class Refused extends Exception {}
class Lost extends Exception {}

class Bot
{
    private $socket;
    private int $id = 0;
    private array $waiting = [];
    private array $state;

    public function __construct()
    {
        $this->socket = @stream_socket_client('tcp://' . HOST . ':' . PORT, $code, $error);
        if ($this->socket === false) throw new Lost($error);
        stream_set_timeout($this->socket, 86400 * 365);
        // On a PHP of 32 bits add 'options' => ['int64' => 'string']: its integers are too short for access hashes.
        $this->ask(['session' => ['name' => NAME, 'existing' => true]]);
        if (file_exists(STATE)) $this->state = json_decode(file_get_contents(STATE), true);
        else $this->keep($this->call('updates.getState'));
    }

    private function read(): array
    {
        $line = fgets($this->socket);
        if ($line === false) throw new Lost('the gateway closed the connection');
        return json_decode($line, true);
    }

    /** Sends one line and waits for its answer; updates that come in between wait their turn. */
    private function ask(array $request): array
    {
        $this->id++;
        fwrite($this->socket, json_encode(['id' => $this->id] + $request) . "\n");
        while (($answer = $this->read())['id'] !== $this->id) $this->waiting[] = $answer;
        if (isset($answer['error'])) throw new Lost("{$answer['error']}: {$answer['msg']}");
        return $answer;
    }

    private function call(string $method, array $fields = []): mixed
    {
        $result = $this->ask(['message' => ['_cons' => $method] + $fields])['message'];
        if (in_array($result['_cons'] ?? '', ['rpc_error', 'rpc_timeout'], true))
            throw new Refused("$method: {$result['error_message']}");
        return $result;
    }

    /** Remembers how far this bot has read, for the next start. */
    private function keep(array $state): void
    {
        $this->state = ['pts' => $state['pts'], 'qts' => $state['qts'], 'date' => $state['date']];
        file_put_contents(STATE, json_encode($this->state));
    }

    /** Fetches what came while nobody listened. */
    private function catchUp(): void
    {
        do {
            try {
                $news = $this->call('updates.getDifference', $this->state);
            } catch (Refused $refused) {
                // A data centre that does not know this place any more: go on from now.
                echo $refused->getMessage(), "\n";
                $this->keep($this->call('updates.getState'));
                return;
            }
            foreach ($news['new_messages'] ?? [] as $message) $this->onMessage($message);
            if ($news['_cons'] === 'updates.differenceTooLong') $this->keep(['pts' => $news['pts']] + $this->state);
            elseif ($news['_cons'] !== 'updates.differenceEmpty') $this->keep($news['state'] ?? $news['intermediate_state']);
        } while (in_array($news['_cons'], ['updates.differenceSlice', 'updates.differenceTooLong'], true));
    }

    private function onLine(array $line): void
    {
        if (!empty($line['fatal'])) exit("{$line['error']}: {$line['msg']}\n");
        if (($line['error'] ?? '') === 'UpdatesDropped') $this->catchUp();
        elseif (isset($line['message'])) $this->onUpdates($line['message']);
    }

    private function onUpdates(array $news): void
    {
        if ($news['_cons'] === 'updatesTooLong') $this->catchUp();
        foreach ($news['updates'] ?? [$news['update'] ?? $news] as $update)
            if (isset($update['pts']) && stripos($update['_cons'], 'channel') === false) $this->onNumbered($update);
    }

    /** Updates of private chats are numbered by pts: an old one is skipped, a gap is filled. */
    private function onNumbered(array $update): void
    {
        if ($update['pts'] <= $this->state['pts']) return;
        if ($update['pts'] - $update['pts_count'] > $this->state['pts']) {
            $this->catchUp();
            return;
        }
        if ($update['_cons'] === 'updateShortMessage')
            $this->onMessage(['peer_id' => ['_cons' => 'peerUser', 'user_id' => $update['user_id']]] + $update);
        elseif ($update['_cons'] === 'updateNewMessage') $this->onMessage($update['message']);
        $this->keep(['pts' => $update['pts']] + $this->state);
    }

    private function onMessage(array $message): void
    {
        if (isset($message['out']) || ($message['peer_id']['_cons'] ?? '') !== 'peerUser') return;
        $peer = ['_cons' => 'inputPeerUser', 'user_id' => $message['peer_id']['user_id'], 'access_hash' => 0];
        try {
            if ($message['message'] === '/file') $this->sendFile($peer, 'hello.txt', "Hello from a file.\n");
            else $this->send('messages.sendMessage', $peer, ['message' => "You said: {$message['message']}"]);
        } catch (Refused $refused) {
            echo $refused->getMessage(), "\n";
        }
    }

    /** What is sent is numbered too, so the answer is read like an update, after this one. */
    private function send(string $method, array $peer, array $fields): void
    {
        $sent = $this->call($method, ['peer' => $peer, 'random_id' => random_int(1, PHP_INT_MAX)] + $fields);
        $this->waiting[] = ['id' => 0, 'message' => $sent];
    }

    private function sendFile(array $peer, string $name, string $content): void
    {
        $id = random_int(1, PHP_INT_MAX);
        $parts = str_split($content, 512 * 1024);
        foreach ($parts as $number => $piece) {
            $part = ['file_id' => $id, 'file_part' => $number, 'bytes' => base64_encode($piece)];
            $this->call('upload.saveFilePart', $part);
        }
        $file = ['_cons' => 'inputFile', 'id' => $id, 'parts' => count($parts), 'name' => $name, 'md5_checksum' => ''];
        $attributes = [['_cons' => 'documentAttributeFilename', 'file_name' => $name]];
        $media = ['_cons' => 'inputMediaUploadedDocument', 'file' => $file, 'mime_type' => 'text/plain', 'attributes' => $attributes];
        $this->send('messages.sendMedia', $peer, ['media' => $media, 'message' => '']);
    }

    public function run(): void
    {
        $this->catchUp();
        echo "ready\n";
        while (true) $this->onLine(array_shift($this->waiting) ?? $this->read());
    }
}

while (true) {
    try {
        (new Bot())->run();
    } catch (Lost $lost) {
        echo $lost->getMessage(), "\n";
        sleep(1);
    }
}
