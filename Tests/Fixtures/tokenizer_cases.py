"""Writes tokenizer_cases.json: small tokenizers trained by Hugging Face's `tokenizers` (run with 0.22.1) and what they
make of some texts. The tests ask for the same numbers. Training WordPiece breaks ties otherwise each time: a new file
is another one, and as good.
"""

import json
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

corpus = [
    "The quick brown fox jumps over the lazy dog; it's what they've done, we'll say, since 1987.",
    "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer",
    "def add(a, b):\n    return a + b  # naïve café, 東京 and Straße\n",
    "Numbers: 3.14159, 2024-11-29, 1,000,000; words, words, words. I'd think she'd know he's right.",
] * 3

texts = [
    "",
    " ",
    "The lazy dog's question",
    "  two  blanks,\ttabs\n\nand lines  ",
    "we'll've done it, I'd say: 12345 foxes!",
    "naïve café Straße 東京 über Ωmega ☃ \U0001f98a",
    "cafe\u0301 combining, nbsp\u00a0here, thin\u2009space, zero\u200bwidth, line\u2028sep \u0085nel \x0bvt",
    "def f(x):\n\treturn x**2  # comment\n",
    "<|end|>The end<|end|> of <mask> all",
    "ALL CAPS And MiXeD; don't \u2014 can\u2019t",
    "supercalifragilisticexpialidocious" * 4,
]

llama = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def bpe(pre, normalizer=None, size=400, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(
        corpus,
        trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.add_special_tokens(["<|end|>", AddedToken("<mask>", lstrip=True)])
    return tokenizer


def wordpiece(**options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        corpus, trainers.WordPieceTrainer(vocab_size=220, show_progress=False, special_tokens=["[UNK]", "<|end|>"])
    )
    return tokenizer


made = {
    "gpt2": bpe(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "prefixed": bpe(pre_tokenizers.ByteLevel(add_prefix_space=True), size=300),
    "llama": bpe(
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(llama), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        ),
        ignore_merges=True,
    ),
    "qwen": bpe(
        pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        ),
        normalizer=normalizers.NFC(),
        size=330,
    ),
    "bert": wordpiece(lowercase=True),
    "cased": wordpiece(lowercase=False),
}
cases = []
for name, tokenizer in made.items():
    encodings = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    cases.append(
        {"name": name, "tokenizer": tokenizer.to_str(), "size": tokenizer.get_vocab_size(), "encodings": encodings}
    )
with open("tokenizer_cases.json", "w") as file:
    json.dump({"texts": texts, "cases": cases}, file)
