using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation.Intrinsic;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

/// <summary>What gensim 4.2.0 measures on public vectors and sets (<c>evaluate_word_pairs</c>, <c>evaluate_word_analogies</c>; 3CosMul by its <c>most_similar_cosmul</c>).</summary>
public sealed class GensimNumbersTests(ITestOutputHelper output)
{
    private const string GloVe = "vectors/glove.6B.100d.subset.txt.gz";
    private const string GoogleNews = "vectors/googlenews-300d.8000.bin.gz";

    private static readonly Lazy<WordDirections?> s_gloVe = new(() => Load(GloVe)), s_googleNews = new(() => Load(GoogleNews));

    [Theory]
    [InlineData(GloVe, "EN-WS-353-ALL", "", 353, 0.532735432, 0.548350230)]
    [InlineData(GloVe, "EN-SIMLEX-999", "", 999, 0.297549853, 0.325256320)]
    [InlineData(GloVe, "EN-MTurk-771", "", 771, 0.580516856, 0.581587309)]
    [InlineData(GloVe, "EN-MTurk-287", "restrict", 114, 0.707824165, 0.726157514)]
    [InlineData(GloVe, "EN-RG-65", "", 65, 0.690736636, 0.681604122)]
    [InlineData(GloVe, "EN-SimVerb-3500", "zero", 3498, 0.179734811, 0.185599305)]
    [InlineData(GoogleNews, "EN-WS-353-ALL", "", 253, 0.697711880, 0.643207029)]
    [InlineData(GoogleNews, "EN-WS-353-ALL", "case", 253, 0.701309218, 0.646313529)]
    [InlineData(GoogleNews, "EN-MTurk-287", "case", 122, 0.747235608, 0.729825435)]
    [InlineData(GoogleNews, "EN-WS-353-SIM", "zero", 138, 0.264950226, 0.407886579)]
    public void Correlations_are_those_of_gensim(string vectors, string set, string convention, int covered, double spearman, double pearson)
    {
        if (Words(vectors) is not { } words || !SharedData.TryFind($"wordsim/{set}.txt", out string path))
        {
            output.WriteLine($"not run: {vectors} or {set} is not there");
            return;
        }

        WordSimilarity result = WordSimilarity.Of(words, WordPairFile.Read(path), Of(convention));
        Assert.Equal(covered, result.Covered);
        Assert.Equal(spearman, result.Correlation.Spearman!.Value, 1e-6);
        Assert.Equal(pearson, result.Correlation.Pearson!.Value, 1e-6);
    }

    [Theory]
    [InlineData("", AnalogyMethod.Add, "64/72 41/49 9/28 1/1 145/156 182/420 43/90 586/650 161/182 505/600 659/684 684/992 357/420 239/342 3676/4686")]
    [InlineData("case", AnalogyMethod.Add, "64/72 41/49 9/28 1/1 144/156 182/420 43/90 586/650 161/182 505/600 659/684 696/992 357/420 239/342 3687/4686")]
    [InlineData("", AnalogyMethod.Mul, "64/72 41/49 9/28 1/1 144/156 197/420 42/90 585/650 166/182 523/600 658/684 709/992 376/420 257/342 3772/4686")]
    public void Analogies_are_those_of_gensim(string convention, AnalogyMethod method, string expected)
    {
        if (Words(GoogleNews) is not { } words || !SharedData.TryFind("analogy/questions-words.txt", out string path))
        {
            output.WriteLine("not run: vectors or questions are not there");
            return;
        }

        AnalogyFile file = AnalogyFile.Read(path);
        WordAnalogies result = WordAnalogies.Of(words, file, Of(convention) with { Method = method }, threads: 2);
        Assert.Equal(expected, string.Join(' ', result.Sections.Append(result.Total).Select(s => $"{s.Correct}/{s.Covered}")));
        Assert.Equal((8869, 10675, 19544), (result.Semantic!.Questions, result.Syntactic!.Questions, result.Total.Questions));
    }

    [LongFact]
    public void Analogies_among_the_frequent_words_are_those_of_gensim()
    {
        if (Words(GloVe) is not { } words || !SharedData.TryFind("analogy/questions-words.txt", out string path))
        {
            output.WriteLine("not run: vectors or questions are not there");
            return;
        }

        WordAnalogies result = WordAnalogies.Of(words, AnalogyFile.Read(path), new Conventions { Restrict = 30_000 }, threads: 2);
        Assert.Equal(
            "477/506 2547/2842 49/268 691/2203 332/380 206/930 100/420 1068/1332 440/702 655/930 1371/1445 865/1560 823/1056 407/702 10031/15276",
            string.Join(' ', result.Sections.Append(result.Total).Select(s => $"{s.Correct}/{s.Covered}")));
    }

    private static Conventions Of(string convention) => convention switch
    {
        "restrict" => new Conventions { Restrict = 5000 },
        "zero" => new Conventions { Missing = MissingWords.Zero },
        "case" => new Conventions { CaseSensitive = true },
        _ => new Conventions(),
    };

    private static WordDirections? Words(string vectors) => vectors == GloVe ? s_gloVe.Value : s_googleNews.Value;

    private static WordDirections? Load(string vectors)
    {
        if (!SharedData.TryFind(vectors, out string path))
            return null;
        WordDirections? words = null;
        FrequentWords.Read(path, ProbeSpec.DefaultRestrict, (word, vector) => (words ??= new WordDirections(vector.Length)).Add(word, vector));
        return words;
    }
}
