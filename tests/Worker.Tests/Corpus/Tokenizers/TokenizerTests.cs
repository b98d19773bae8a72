using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Tokenizers;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus.Tokenizers;

public class TokenizerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("It's good, isn't it?", "It 's good , is n't it ?")]
    [InlineData("they've (we'd) you're she'll!", "they 've ( we 'd ) you 're she 'll !")]
    [InlineData("a-b c_d 10.5% café", "a b c d 10 5 caf")]
    [InlineData("rock'n'roll 'tis o'clock n't", "rock'n'roll 'tis o'clock n't")]
    [InlineData("'s's can't've", "'s 's ca n't 've")]
    [InlineData("`` quoted ''", "`` quoted ''")]
    [InlineData("It'S", "It'S")]
    [InlineData(" -- ... ", "")]
    public void Kim_cleans_as_clean_str(string line, string expected) => AssertTokens(TokenizerKind.Kim, line, expected);

    [Theory]
    [InlineData("it 's n't, (a) isn't; l'amour", "it 's n't, (a) isn't l'amour")]
    [InlineData("8\u00a01/2", "8 1 2")]
    public void Sst_only_drops_characters(string line, string expected) => AssertTokens(TokenizerKind.Sst, line, expected);

    [Theory]
    [InlineData("a\t b  c ", "a b c")]
    [InlineData("8\u00a01/2 x\u2003y", "8\u00a01/2 x\u2003y")]
    [InlineData("a\nb\r\nc\vd\fe\u0085f\u2028g\u2029h\u001ei", "a b c d e f g h i")]
    public void Whitespace_splits_at_blanks_tabs_and_what_ends_lines(string line, string expected) => AssertTokens(TokenizerKind.Whitespace, line, expected);

    [Theory]
    [InlineData("Don't panic: it’s C# 4.0!", "Don't panic : it’s C # 4 . 0 !")]
    [InlineData("'quoted' rock'n'roll dogs'", "' quoted ' rock'n'roll dogs '")]
    [InlineData("naïve cafe\u0301 Ελλάδα 東京", "naïve cafe\u0301 Ελλάδα 東京")]
    [InlineData("a\u200bb\u00a0c\u0007d \U0001F600\U0001F600", "a b c d \U0001F600 \U0001F600")]
    [InlineData("\U00010400\U00010401x", "\U00010400\U00010401x")]
    [InlineData("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष")] // joiners
    [InlineData("ന\u0d4d\u200d a\u200d b", "ന\u0d4d\u200d a b")] // behind a mark they shape the letter, else they are dropped at an end
    [InlineData("co\u00adop a\u2060b \u200ec\u200ed\u200f \ufeffe", "co\u00adop a\u2060b c\u200ed e")]
    [InlineData("col·legi צה״ל צה\"ל ב\"א \"a\"b ג׳ירפה", "col·legi צה״ל צה\"ל ב\"א \" a \" b ג׳ירפה")]
    [InlineData("a·b · ‘x’ rock’n’roll x: 4.0 a:b", "a·b · ‘ x ’ rock’n’roll x : 4 . 0 a : b")]
    [InlineData("👩🏽‍💻👍🏿 🇩🇪🇫🇷 ❤️! 1️⃣ #️⃣", "👩🏽‍💻 👍🏿 🇩🇪 🇫🇷 ❤️ ! 1️⃣ #️⃣")]
    [InlineData("Ⅳ !\u200d é\u0301", "Ⅳ ! é\u0301")]
    public void Simple_takes_words_and_single_symbols(string line, string expected) => AssertTokens(TokenizerKind.Simple, line, expected);

    [Fact]
    public void Lower_casing_follows_no_language_and_comes_after_cutting()
    {
        var tokens = new TokenList();
        new KimTokenizer().Tokenize("It'S THE \u212A2", tokens); // in lower case the Kelvin sign is a k, which cleaning would keep
        tokens.LowerCase();
        Assert.Equal(["it's", "the", "2"], tokens.ToArray());

        tokens.Clear();
        new SimpleTokenizer().Tokenize("ÀÉ TITLE \U00010400", tokens);
        tokens.LowerCase();
        Assert.Equal(["àé", "title", "\U00010428"], tokens.ToArray());

        tokens.Clear();
        new SimpleTokenizer().Tokenize("İstanbul ΟΔΥΣΣΕΥΣ Σ ΣΑΣ'Σ", tokens);
        tokens.LowerCase();
        Assert.Equal(["i\u0307stanbul", "οδυσσευς", "σ", "σασ'ς"], tokens.ToArray());
    }

    [Fact]
    public void Kim_is_the_chain_of_replacements_of_the_original()
    {
        Gen.Char["abnst'vredl`!?(), -9é"].Array[0, 30].Select(c => new string(c)).Sample(line =>
        {
            var tokens = new TokenList();
            new KimTokenizer().Tokenize(line, tokens);
            Assert.Equal(CleanString(line), tokens.ToArray());
        });
    }

    [Fact]
    public void A_line_in_pieces_cut_at_blanks_gives_the_same_tokens()
    {
        Gen.Select(Gen.Enum<TokenizerKind>(), Gen.Char["an't? é\u00a0.\t"].Array[0, 20], Gen.Char["an't? é\u00a0.\t"].Array[0, 20]).Sample((kind, left, right) =>
        {
            TokenList whole = new(), pieces = new();
            ITokenizer tokenizer = TokenizerCatalog.Get(kind);
            tokenizer.Tokenize(new string(left) + " " + new string(right), whole);
            tokenizer.Tokenize(left, pieces);
            tokenizer.Tokenize(right, pieces);
            Assert.Equal(whole.ToArray(), pieces.ToArray());
        });
    }

    // The sizes of Kim 2014, table 1. Two differ from the print and are what the published cleaning code, too, gives on these files:
    // SST-2 has 16188, the paper 16185. Exactly three words fewer come out if accented letters are decomposed before cleaning ("caf" and "cafe" become one), but
    // then SST-1 has 17833 where the paper has 17836 as here: so the paper's two files were likely not written alike. Subj has 21322, the paper 21323; it is not
    // an empty token (no sentence cleans to nothing), nor the encoding.
    // MR uncleaned is read as windows-1252, where 0x85 is an ellipsis; as latin1 it is white space to some languages, which gives 21400.
    public static TheoryData<string, int> Sizes => new()
    {
        { "MR", 18765 }, { "SST-2", 16188 }, { "SST-1", 17836 }, { "TREC", 9592 }, { "TREC lower-cased", 8764 }, { "Subj", 21322 }, { "MR uncleaned", 21419 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_sets_of_Kim_have_the_vocabularies_of_the_paper(string set, int words)
    {
        if (!SharedData.TryFind("sst", out _))
        {
            output.WriteLine("the shared data is not here: skipped");
            return;
        }
        PreparedData data = DataPreparation.Prepare((LabelledData)KimSets.Spec(set) with { Vocabulary = VocabularyParts.AllParts }, seed: 1);
        Assert.Equal(words, data.Vocabulary.Rows - 2);
        output.WriteLine(string.Join(Environment.NewLine, data.Notes));
    }

    // re.sub by re.sub, as the published code, with the backslashes left out.
    private static string[] CleanString(string line)
    {
        line = System.Text.RegularExpressions.Regex.Replace(line, "[^A-Za-z0-9(),!?'`]", " ");
        foreach (string clitic in new[] { "'s", "'ve", "n't", "'re", "'d", "'ll" })
            line = line.Replace(clitic, " " + clitic, StringComparison.Ordinal);
        foreach (string mark in new[] { ",", "!", "(", ")", "?" })
            line = line.Replace(mark, $" {mark} ", StringComparison.Ordinal);
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertTokens(TokenizerKind kind, string line, string expected)
    {
        var tokens = new TokenList();
        TokenizerCatalog.Get(kind).Tokenize(line, tokens);
        Assert.Equal(expected.Length == 0 ? [] : expected.Split(' '), tokens.ToArray());
    }
}
