<?php
// Contoh untuk pengembang OpenSID: membuat satu batch (ledger/PROTOCOL.md bagian 2 sampai 4), menandatanganinya, mengirimnya,
// dan memeriksa tanda terimanya (bagian 7). PHP 7.4 ke atas dengan hash dan sodium bawaan; tanpa composer, tanpa pustaka lain.
//
//     php kirim.php FOLDER KUNCI_KECAMATAN DATA.json [URL]
//
// FOLDER menyimpan kunci desa, kiriman dan posisinya: buat cadangannya. KUNCI_KECAMATAN (vkey) ditampilkan `opendk-ledger desa add`
// dan `desa keys`. DATA.json: [{"entity":"penduduk","id":"8271","at":"2026-11-20T08:01:00+08:00","data":{...}}, ...], dan "data" null
// untuk yang dihapus. Tanpa URL kiriman hanya ditulis ke FOLDER, untuk USB. Kiriman yang belum bertanda terima dikirim ulang apa adanya.
[, $folder, $vkey, $data] = $argv;
[$log, , $key] = explode('+', $vkey, 3);
[$office, $kode, $chain] = [substr(base64_decode($key), 1), explode('/', $log)[1], 'desa/' . explode('/', $log)[1] . '/php-1'];

function leaf(string $d): string { return hash('sha256', "\x00$d", true); }
function node(string $l, string $r): string { return hash('sha256', "\x01$l$r", true); }
function key_id(string $name, string $public): string { return substr(hash('sha256', "$name\n\x01$public", true), 0, 4); }
function stop(bool $wrong, string $why): void { if ($wrong) { fwrite(STDERR, "Gagal: $why\n"); exit(3); } }
function pairs(array $row): array { return array_map(fn($it) => isset($it[1]) ? node($it[0], $it[1]) : $it[0], array_chunk($row, 2)); }
function root(array $row): string { return count($row) === 1 ? $row[0] : root(pairs($row)); }
function line(object $it): string {
    $salt = rtrim(strtr(base64_encode(random_bytes(16)), '+/', '-_'), '=');
    $line = ['_s' => $salt, 'entity' => $it->entity, 'id' => $it->id, 'op' => isset($it->data) ? 'put' : 'delete', 'at' => $it->at];
    return json_encode($line + (isset($it->data) ? ['data' => $it->data] : []), JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
}
function signed(string $text, string $line, string $name, string $public): bool {
    $raw = base64_decode(explode(' ', "$line  ")[2]);
    return strpos($line, "— $name ") === 0 && strlen($raw) === 68 && substr($raw, 0, 4) === key_id($name, $public)
        && sodium_crypto_sign_verify_detached(substr($raw, 4), $text, $public);
}
function climb(array $steps, int $fn, int $sn, string $old, string $new): array { // RFC 9162 bagian 2.1.3.2 dan 2.1.4.2
    foreach ($steps as $step) {
        if ($sn === 0) return ['', ''];
        $right = $fn & 1 || $fn === $sn;
        [$old, $new] = $right ? [node($step, $old), node($step, $new)] : [$old, node($new, $step)];
        do [$fn, $sn, $again] = [$fn >> 1, $sn >> 1, $right && $fn && !($fn & 1)]; while ($again);
    }
    return $sn ? ['', ''] : [$old, $new];
}

umask(077);
if (!is_file("$folder/kunci")) file_put_contents("$folder/kunci", random_bytes(32));
$pair = sodium_crypto_sign_seed_keypair(file_get_contents("$folder/kunci"));
$public = sodium_crypto_sign_publickey($pair);
echo "kunci $chain+", bin2hex(key_id($chain, $public)), '+', base64_encode("\x01$public"), "\n";
$at = is_file("$folder/posisi.json") ? json_decode(file_get_contents("$folder/posisi.json"), true) : ['batch' => 0,
    'prev' => base64_encode(str_repeat("\0", 32)), 'size' => 0, 'root' => base64_encode(hash('sha256', '', true))];
$file = sprintf('%s/%s-php-1-%d.batch', $folder, $kode, ++$at['batch']);
if (!is_file($file)) {
    $lines = array_map('line', json_decode(file_get_contents($data)));
    $body = implode("\n", $lines) . "\n";
    $text = "opendk-ledger/batch/v1\nlog $log\nchain $chain\nbatch {$at['batch']}\nprev {$at['prev']}\nseen {$at['size']} {$at['root']}\n"
        . 'time ' . gmdate('Y-m-d\TH:i:s\Z') . "\ncount " . count($lines) . "\nbytes " . strlen($body)
        . "\nchanges " . base64_encode(root(array_map('leaf', $lines))) . "\n";
    $signature = base64_encode(key_id($chain, $public) . sodium_crypto_sign_detached($text, sodium_crypto_sign_secretkey($pair)));
    file_put_contents($file, "$text\n— $chain $signature\n\n$body");
}
if (!isset($argv[4])) exit("tulis $file\n");

[$text, $line] = explode("\n\n", $batch = file_get_contents($file), 3);
$http = ['method' => 'POST', 'header' => 'Content-Type: text/plain', 'content' => $batch, 'ignore_errors' => true];
$answer = json_decode(file_get_contents("$argv[4]/v1/desa/$kode/batches", false, stream_context_create(compact('http'))), true);
stop(!isset($answer['proof']), $answer['detail'] ?? 'tidak ada jawaban');
[$path, $checkpoint, $signatures] = explode("\n\n", $answer['proof'], 3);
$signed = array_filter(explode("\n", $signatures), fn($it) => signed("$checkpoint\n", $it, $log, $office));
[[$origin, $size, $root], [, $index]] = [explode("\n", $checkpoint), explode("\n", $path)];
stop(!$signed || $origin !== $log, 'checkpoint tidak ditandatangani kunci kecamatan');
$hashes = array_map('base64_decode', array_slice(explode("\n", $path), 2));
$leaf = leaf("$text\n\n$line\n");
stop(climb($hashes, (int) substr($index, 6), $size - 1, $leaf, $leaf)[1] !== base64_decode($root), 'kiriman tidak terbukti ada dalam log');
[$steps, $old, $before] = [array_map('base64_decode', $answer['consistency']), $at['size'], base64_decode($at['root'])];
if ($old && !($old & ($old - 1))) array_unshift($steps, $before); // pohon lama utuh: buktinya tidak menyebutnya lagi
for ([$fn, $sn] = [$old - 1, $size - 1]; $old && $fn & 1;) [$fn, $sn] = [$fn >> 1, $sn >> 1];
stop($old && climb(array_slice($steps, 1), $fn, $sn, $steps[0] ?? '', $steps[0] ?? '') !== [$before, base64_decode($root)], 'riwayat log berubah');
file_put_contents("$folder/posisi.json", json_encode(['batch' => $at['batch'], 'size' => (int) $size, 'root' => $root,
    'prev' => base64_encode(hash('sha256', "$text\n", true))]));
echo "diterima sebagai kiriman ke-{$answer['position']}, tanda terima terbukti\n";
