using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Job settings of the data sets of Kim 2014.</summary>
internal static class KimSets
{
    public static DataSpec Spec(string set) => set switch
    {
        "MR" => Mr,
        "MR uncleaned" => Mr with { Tokenizer = TokenizerKind.Whitespace },
        "Subj" => Mr with { Train = new Dictionary<string, string> { ["sub"] = "subj/subj.subjective", ["obj"] = "subj/subj.objective" } },
        "SST-1" => Sst("fine"),
        "SST-2" => Sst("binary"),
        "TREC" => Trec,
        "TREC lower-cased" => Trec with { LowerCase = true },
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, null),
    };

    private static FilePerClassData Mr => new()
    {
        Root = SharedData.Root,
        Encoding = "windows-1252",
        Tokenizer = TokenizerKind.Kim,
        Train = new Dictionary<string, string> { ["pos"] = "mr/rt-polarity.pos", ["neg"] = "mr/rt-polarity.neg" },
        TestFraction = 0.1,
    };

    private static LabelledLinesData Trec => new()
    {
        Root = SharedData.Root,
        Encoding = "latin1",
        Tokenizer = TokenizerKind.Kim,
        LowerCase = false,
        LabelEndsAt = ":",
        Train = "trec/TREC.train",
        Test = "trec/TREC.test",
    };

    private static LabelledLinesData Sst(string labels) => new()
    {
        Root = SharedData.Root,
        Tokenizer = TokenizerKind.Sst,
        Train = $"sst/stsa.{labels}.train",
        Dev = $"sst/stsa.{labels}.dev",
        Test = $"sst/stsa.{labels}.test",
    };
}
