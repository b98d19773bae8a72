using System.Security.Cryptography;
using CsCheck;
using DistEmbed.Protocol.Tests.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Vocabulary;

public sealed class VocabularyFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_is_a_word_a_tab_and_a_count_a_line()
    {
        string path = _folder.In("vocabulary.txt");
        VocabularyFile.Write(path, new WordVocabulary(["the", "a\tb", "c\\n\nd\r", "\u00A0"], [9, 3, 2, 1]));

        Assert.Equal("the\t9\na\\tb\t3\nc\\\\n\\nd\\r\t2\n\u00A0\t1\n", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Every_vocabulary_is_read_back_as_it_was()
    {
        Gen<string> word = Gen.Frequency((3, Gen.Char['a', 'c']), (2, Gen.OneOfConst('\t', '\n', '\r', '\\', 't', 'n', 'r', ' ', '\u0085', '\u2028', '\uFEFF', '\u00e9')))
            .Array[1, 6].Select(c => new string(c));
        Gen.Select(word, Gen.Long[0, long.MaxValue]).Array[0, 30].Sample(
            entries =>
            {
                entries = [.. entries.DistinctBy(e => e.Item1)];
                WordVocabulary vocabulary = new([.. entries.Select(e => e.Item1)], [.. entries.Select(e => e.Item2)]);
                string path = _folder.In("vocabulary.txt");
                VocabularyFile.Write(path, vocabulary);
                WordVocabulary read = VocabularyFile.Read(path);
                Assert.Equal(vocabulary.Rows, read.Rows);
                for (int row = 0; row < read.Rows; row++)
                    Assert.Equal((vocabulary.Word(row), vocabulary.Count(row)), (read.Word(row), read.Count(row)));
                Assert.Equal(vocabulary.Fingerprint(), read.Fingerprint());
            },
            iter: 300, threads: 1);
    }

    [Fact]
    public void The_fingerprint_is_the_hash_of_the_file_and_changes_with_words_order_and_counts()
    {
        string[] words = [.. Enumerable.Range(0, 20_000).Select(i => $"word{i}")];
        WordVocabulary vocabulary = new(words, [.. words.Select(_ => 7L)]);
        string path = _folder.In("vocabulary.txt");
        VocabularyFile.Write(path, vocabulary);

        Assert.Equal(string.Concat(words.Select(w => $"{w}\t7\n")), File.ReadAllText(path));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), vocabulary.Fingerprint());
        string[] some = [.. new (string[] Words, long[] Counts)[] { (["a", "b"], [2, 1]), (["b", "a"], [2, 1]), (["a", "b"], [2, 2]), (["a"], [2]), ([], []) }
            .Select(v => new WordVocabulary(v.Words, v.Counts).Fingerprint())];
        Assert.Equal(5, some.Distinct().Count());
    }

    [Theory]
    [InlineData("the\t9\nof 3\n", 2, "no tab")]
    [InlineData("the\t9\nof\tmany\n", 2, "'many' is no count")]
    [InlineData("the\t-9\n", 1, "'-9' is no count")]
    [InlineData("the\t9x\n", 1, "'9x' is no count")]
    [InlineData("the\t9\nof\t3\t1\n", 2, "'3\\t1' is no count")]
    [InlineData("the\t99999999999999999999\n", 1, "is no count")]
    [InlineData("the\t9\nof\t3\nthe\t1\n", 3, "'the' stands in line 1 already")]
    [InlineData("the\t9\n\t3\n", 2, "word is empty")]
    [InlineData("the\t9\nof\t12", 2, "ends inside this line")]
    [InlineData("a\\x\t9\n", 1, "backslash")]
    [InlineData("a\\\t9\n", 1, "backslash")]
    [InlineData("the\t9\n\nof\t3\n", 2, "no tab")]
    public void A_wrong_line_is_named(string text, int line, string part)
    {
        string path = _folder.Write(text);

        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => VocabularyFile.Read(path)).Errors);
        Assert.Equal($"{path}:{line}", error.Where);
        Assert.Contains(part, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void All_wrong_lines_are_told_at_once_and_bytes_that_are_no_utf8_are_wrong()
    {
        string path = _folder.Write([.. "one\ntwo\t2\ncaf"u8, 0xE9, .. "\t1\n"u8]);

        Assert.Equal([$"{path}:1", $"{path}:3"], Assert.Throws<InvalidInputException>(() => VocabularyFile.Read(path)).Errors.Select(e => e.Where));
    }

    [Fact]
    public void Carriage_returns_of_an_editor_do_no_harm()
    {
        WordVocabulary read = VocabularyFile.Read(_folder.Write("the\t9\r\nof\t3\r\n"));

        Assert.Equal(("of", 3L, 4), (read.Word(3), read.Count(3), read.Rows));
    }

    [Fact]
    public void A_missing_file_and_words_that_cannot_be_written_are_user_errors()
    {
        Assert.Throws<InvalidInputException>(() => VocabularyFile.Read(_folder.In("absent")));
        Assert.Throws<InvalidInputException>(() => VocabularyFile.Write(_folder.In("v"), new WordVocabulary([""], [1])));
        Assert.Throws<InvalidInputException>(() => VocabularyFile.Write(_folder.In("v"), new WordVocabulary(["\ud83d"], [1])));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
