# SPDX-License-Identifier: MIT
"""The commands that write, and the files that may exist after a fault.

Each command is one line of the table below, which every suite in this directory uses.
"""
import os
import re
import subprocess
from collections import namedtuple

MKEYFILE = [os.environ["MKEYFILE"]]

# Ignores this host's option files, and messages of their reader when memory runs out.
os.environ.setdefault("MKEYFILE_PRINT_DEFAULTS",
                      os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "own-defaults"))

# name       its name in the suites
# arguments  the arguments of mkeyfile, in a directory made by prepare()
# target     the file that it creates or changes
# new        (ID, version) of the keys that it adds
# gone       (ID, version) of the keys that it removes
# backup     the file with the old content of target afterwards
# with_file  a password file that is created with target
# forgets    the new content need not include the old: backup has it
# in_place   a killed run may leave target damaged: backup has the old content
# spare      backup exists before and is replaced: until then the old content is in spare
# excess     backups that may be deleted once target is new
Command = namedtuple("Command", "name arguments target new gone backup with_file forgets in_place spare excess")


def command(name, arguments, target, new=(), gone=(), backup=None, with_file=None, forgets=False, in_place=False,
            spare=None, excess=()):
    return Command(name, arguments.split(), target, frozenset(new), frozenset(gone), backup, with_file, forgets,
                   in_place, spare, excess)


COMMANDS = [
    command("generate", "generate -f new 1 7", "new", [(1, 1), (7, 1)]),
    command("generate-encrypted", "generate -f new -P pw 1 7", "new", [(1, 1), (7, 1)]),
    command("generate-new-password", "generate -f new --new-password-file=new.key", "new", [(1, 1), (2, 1)],
            with_file="new.key"),
    command("generate-force", "generate -f plain --force 1 7", "plain", [(1, 1), (7, 1)], backup="plain~",
            forgets=True),
    command("add", "add -f plain 7", "plain", [(7, 1)]),
    command("add-encrypted", "add -f sealed -P pw 7", "sealed", [(7, 1)]),
    command("add-backup", "add -f plain --backup 7", "plain", [(7, 1)], backup="plain~"),
    command("add-in-place", "add -f sealed -P pw --write-in-place=saved 7", "sealed", [(7, 1)], backup="saved",
            in_place=True),
    command("ensure", "ensure -f new 1 7", "new", [(1, 1), (7, 1)]),
    command("ensure-add", "ensure -f sealed -P pw --mode=0400 1 7", "sealed", [(7, 1)]),
    command("ensure-encrypt", "ensure -f plain --new-password-file=new.key 7", "plain", [(7, 1)],
            with_file="new.key"),
    command("import", "import -f plain more 7", "plain", [(7, 1)]),
    command("import-encrypted", "import -f sealed -P pw more 7", "sealed", [(7, 1)]),
    command("import-new", "import -f new more", "new", [(1, 1), (7, 1)]),
    command("import-new-password", "import -f new --new-password-file=new.key more", "new", [(1, 1), (7, 1)],
            with_file="new.key"),
    command("export", "export -f more plain 7", "plain", [(7, 1)]),
    command("export-new", "export -f sealed -P pw new", "new", [(1, 1), (2, 1), (100, 1)]),
    command("rotate", "rotate -f versioned 100", "versioned", [(100, 2)]),
    command("rotate-encrypted", "rotate -f sealed-versioned -P pw --all", "sealed-versioned",
            [(1, 2), (2, 2), (100, 2)]),
    command("rotate-new-id", "rotate -f plain --new-id=101 100", "plain", [(101, 1)]),
    command("encrypt", "encrypt -f plain -P pw -o new", "new", [(1, 1), (2, 1), (100, 1)]),
    command("encrypt-in-place", "encrypt -f plain --in-place --new-password-file=new.key", "plain",
            with_file="new.key"),
    command("decrypt", "decrypt -f sealed -P pw -o new", "new", [(1, 1), (2, 1), (100, 1)]),
    command("passwd", "passwd -f sealed -P pw --new-password-file=new.key", "sealed", backup="sealed~",
            with_file="new.key"),
    command("seal", "seal -f sealed -P pw", "sealed"),
    command("remove", "remove -f plain --force 100", "plain", gone=[(100, 1)], backup="plain~"),
    command("remove-encrypted", "remove -f sealed -P pw --force 2 100", "sealed", gone=[(2, 1), (100, 1)],
            backup="sealed~"),
    command("decrypt-in-place", "decrypt -f sealed -P pw --in-place", "sealed"),
    command("generate-force-again", "generate -f kept --force 1 7", "kept", [(1, 1), (7, 1)], backup="kept~",
            forgets=True, spare="kept.~1~"),
    command("remove-again", "remove -f kept --force 100", "kept", gone=[(100, 1)], backup="kept~", spare="kept.~1~"),
    command("rotate-backup-again", "rotate -f kept --backup --new-id=101 100", "kept", [(101, 1)], backup="kept~",
            spare="kept.~1~"),
    command("passwd-again", "passwd -f kept-sealed -P pw --new-password-file=new.key", "kept-sealed",
            backup="kept-sealed~", with_file="new.key", spare="kept-sealed.~1~"),
    command("remove-numbered", "remove -f many --force 100", "many", gone=[(100, 1)], backup="many.~3~"),
    command("add-keep", "add -f many --keep=1 7", "many", [(7, 1)], backup="many.~3~",
            excess=("many.~1~", "many.~2~")),
]

# One line of a key file.
LINE = re.compile(rb"([0-9]+);(?:([0-9]{1,9});)?([0-9a-f]{64})")


def environment():
    """The environment for a run under strace, where the leak checker cannot work."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return dict(os.environ, ASAN_OPTIONS=options + ":detect_leaks=0", LC_ALL="C")


def random_key():
    return os.urandom(32).hex().encode()


# An extended attribute of every file, which must be kept.
ATTRIBUTE = ("user.note", b"of db1")


def write(path, content):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(descriptor, content)
    os.setxattr(descriptor, *ATTRIBUTE)
    os.close(descriptor)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def openssl(text, *arguments):
    return subprocess.run(["openssl", "enc", "-aes-256-cbc", "-md", "sha1", *arguments], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def prepare(directory):
    """Creates the files that the table uses. Returns them as {name: content}."""
    keys = {number: random_key() for number in (1, 2, 100)}
    plain = b"# the keys of db1\n" + b"".join(b"%d;%s\n" % line for line in keys.items())
    versioned = b"".join(b"%d;1;%s\n" % line for line in keys.items())
    password = os.path.join(directory, "pw")
    write(password, os.urandom(128).hex().encode() + b"\n")
    fewer = plain[:plain.rindex(b"100;")]
    files = {
        "plain": plain,
        "more": b"1;%s\n7;%s\n" % (random_key(), random_key()),
        "kept": plain,
        "kept~": fewer,
        "kept-sealed": openssl(plain, "-pass", "file:" + password),
        "kept-sealed~": openssl(fewer, "-pass", "file:" + password),
        "many": plain,
        "many~": plain + b"300;" + random_key() + b"\n",
        "many.~1~": fewer,
        "many.~2~": plain,
        "versioned": versioned,
        "sealed": openssl(plain, "-pass", "file:" + password),
        "sealed-versioned": openssl(versioned, "-pass", "file:" + password),
        "pw": read(password),
    }
    restore(directory, files)
    return files


def prepare_more(directory):
    """Like prepare(), with a wrong password, a key in hex, and a file with a broken line."""
    files = prepare(directory)
    files["wrong"] = b"this is not the password\n"
    files["hex"] = random_key() + b"\n"
    files["malformed"] = files["plain"] + b"7;" + random_key() + b"0\n"
    restore(directory, files)
    return files


def restore(directory, files):
    for name in os.listdir(directory):
        if read(os.path.join(directory, name)) != files.get(name):
            os.unlink(os.path.join(directory, name))
    for name, content in files.items():
        if not os.path.exists(os.path.join(directory, name)):
            write(os.path.join(directory, name), content)


def is_sealed(content):
    return content.startswith(b"Salted__")


def keys_of(directory, content):
    """Returns {(ID, version): key}, or None for anything but a complete key file. An encrypted
    file may have either of the passwords."""
    if content is None:
        return None
    if is_sealed(content):
        for password in ("pw", "new.key"):
            path = os.path.join(directory, password)
            if os.path.exists(path):
                keys = keys_of(directory, openssl(content, "-d", "-pass", "file:" + path))
                if keys:
                    return keys
        return None
    keys = {}
    if not content.endswith(b"\n"):
        return None
    for line in content.splitlines():
        match = LINE.fullmatch(line)
        if match:
            keys[int(match[1]), int(match[2] or 1)] = match[3]
        elif not line.startswith(b"#"):
            return None
    return keys


def litter(directory):
    return [name for name in os.listdir(directory) if ".mkeyfile-" in name]


def secrets_of(directory, files):
    """Returns all secrets in the directory, as bytes."""
    secrets = set()
    for name in sorted(set(files) | set(os.listdir(directory))):
        content = files.get(name) or read(os.path.join(directory, name)) or b""
        if name in ("pw", "new.key"):
            secrets.add(content.strip())
        for key in (keys_of(directory, content) or {}).values():
            secrets.update((key, bytes.fromhex(key.decode())))
    return {secret for secret in secrets if secret}


class Outcome:
    """The result of a run: state is "old", "new" or "torn"; problems lists all violations.

    status is the exit status, negative for a signal, None for a power cut. words is the output.
    killed: the run could not clean up.
    """

    def __init__(self, command, directory, files, status, words, killed=False):
        self.command = command
        self.directory = directory
        self.files = files
        self.problems = []
        self.state = self.judge_target()
        if self.state == "torn":
            self.problems.append("torn")
        if self.state != "new" and status == 0:
            self.problems.append("false success")
        if self.state == "new" and status not in (0, None) and not killed and b"the key file was changed" not in words \
                and not self.ended_before_statements(status, words):
            self.problems.append("status %d, but changed" % status)
        if command.target in files and ATTRIBUTE[0] not in os.listxattr(os.path.join(directory, command.target)):
            self.problems.append("the attribute is lost")
        self.judge_others(killed)
        if not killed and litter(directory):
            self.problems.append("litter")
        self.judge_words(words)

    def ended_before_statements(self, status, words):
        """Whether a signal came after the change, but before all statements of --new-id were printed."""
        new_id = any(argument.startswith("--new-id") for argument in self.command.arguments)
        return new_id and status == 2 and b"mkeyfile rotate: " not in words

    def judge_target(self):
        command, directory = self.command, self.directory
        old = self.files.get(command.target)
        now = read(os.path.join(directory, command.target))
        if now == old:
            return "old"
        keys = keys_of(directory, now)
        old_keys = keys_of(directory, old) or {}
        expected = set() if command.forgets else set(old_keys) - command.gone
        if keys is not None and set(keys) == expected | command.new and all(
                keys[name] == old_keys[name] for name in expected):
            return "new"
        if command.in_place and self.backup_is_whole():
            return "damaged, but saved"
        return "torn"

    def backup(self):
        """The backup's name. It also has a number if the run could not tell whether FILE~ exists."""
        simple, numbered = self.command.backup, self.command.target + ".~1~"
        is_numbered = simple and numbered not in self.files and not os.path.exists(os.path.join(self.directory, simple))
        return numbered if is_numbered and os.path.exists(os.path.join(self.directory, numbered)) else simple

    def backup_is_whole(self):
        return read(os.path.join(self.directory, self.backup())) == self.files.get(self.command.target)

    def judge_others(self, killed):
        command, directory = self.command, self.directory
        for name, content in self.files.items():
            now = read(os.path.join(directory, name))
            if name == command.target or (command.spare and name == command.backup):
                continue
            if now != content and (now is not None or self.state != "new" or name not in command.excess):
                self.problems.append(name + " was changed")
        if command.spare:
            self.judge_replaced_backup(killed)
            known = set(self.files) | {command.target, command.spare, command.with_file}
            self.problems += [name + " appeared" for name in os.listdir(directory)
                              if name not in known and ".mkeyfile-" not in name]
            return
        backup = self.backup()
        made = {name for name in (backup, command.with_file)
                if name and os.path.exists(os.path.join(directory, name))}
        if self.state == "new" and made != {name for name in (backup, command.with_file) if name}:
            self.problems.append("backup or password file is missing")
        if self.state == "old" and made and not killed:
            self.problems.append("backup or password file was left")
        if backup in made and not self.backup_is_whole():
            self.problems.append("the backup is not the old content")
        known = set(self.files) | made | {command.target}
        self.problems += [name + " appeared" for name in os.listdir(directory)
                          if name not in known and ".mkeyfile-" not in name]

    def judge_replaced_backup(self, killed):
        """Checks that both contents have a name, and that nothing is left of an abandoned change."""
        command, directory = self.command, self.directory
        earlier, old = self.files[command.backup], self.files[command.target]
        backup = read(os.path.join(directory, command.backup))
        spare = read(os.path.join(directory, command.spare))
        file_made = command.with_file and os.path.exists(os.path.join(directory, command.with_file))
        if self.state == "new":
            if (backup, spare) not in ((old, None), (old, earlier), (earlier, old)):
                self.problems.append("the backup is not the old content")
            if command.with_file and not file_made:
                self.problems.append("backup or password file is missing")
        else:
            if backup != earlier or spare not in (None, old):
                self.problems.append("the earlier backup was changed")
            if (spare is not None or file_made) and not killed:
                self.problems.append("backup or password file was left")

    def judge_words(self, words):
        """Checks that the output contains no 16 consecutive characters of any secret."""
        for secret in secrets_of(self.directory, self.files):
            if any(secret[at:at + 16] in words for at in range(0, max(1, len(secret) - 15))):
                self.problems.append("a secret in the output")

    def clear(self):
        """Checks that the next change removes the leftovers of a killed run. Returns problems."""
        command, directory = self.command, self.directory
        target = os.path.join(directory, command.target)
        content = read(target)
        if content is None or (self.state == "old" and (command.with_file or command.in_place)):
            # leftovers next to another file are removed when that file is created
            arguments = command.arguments
            for name in (command.with_file, self.backup()):
                if name and os.path.exists(os.path.join(directory, name)):
                    os.unlink(os.path.join(directory, name))
        else:
            password = "new.key" if command.with_file else "pw"
            arguments = ["add", "-f", command.target, "-P", password, "99"]
        before = keys_of(directory, content) or {}
        run = subprocess.run(MKEYFILE + arguments, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                             check=False)
        after = keys_of(directory, read(target)) or {}
        left = litter(directory)
        # leftovers of a file that is or was encrypted can be judged only with the password
        if left and command.name.endswith("crypt-in-place") and left[0].encode() in run.stderr:
            left = []
        if run.returncode or left:
            return ["the next run did not clear: status %d, %s" % (run.returncode, left)]
        if any(after.get(name) != key for name, key in before.items()):
            return ["the next run lost a key"]
        return []
