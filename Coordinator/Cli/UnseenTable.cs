using System.Globalization;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tokens whose rows training never changed, as text.</summary>
public static class UnseenTable
{
    /// <summary>Writes tokens and words by kind, accuracies with and without such tokens, and the most frequent words.</summary>
    public static void Write(TextWriter output, IReadOnlyList<UnseenPart> parts)
    {
        var tokens = new TextTable(rightAligned: 4);
        tokens.Add("part", "rows", "tokens", "of all", "words", "of all");
        foreach (UnseenPart part in parts)
        {
            tokens.Add(part.Part, "untouched, pretrained", Whole(part.Pretrained.Tokens), Share(part.Pretrained.Tokens, part.Tokens), Whole(part.Pretrained.Words), Share(part.Pretrained.Words, part.Words));
            tokens.Add("", "untouched, no vector", Whole(part.NoVector.Tokens), Share(part.NoVector.Tokens, part.Tokens), Whole(part.NoVector.Words), Share(part.NoVector.Words, part.Words));
            tokens.Add("", "unknown words", Whole(part.UnknownTokens), Share(part.UnknownTokens, part.Tokens), "-", "-");
        }

        tokens.Write(output, "  ");
        output.WriteLine();
        var examples = new TextTable(rightAligned: 2);
        examples.Add("part", "examples", "number", "accuracy");
        foreach (UnseenPart part in parts)
        {
            examples.Add(part.Part, "with such a token", Whole(part.With.Examples), part.With.Accuracy());
            examples.Add("", "without", Whole(part.Without.Examples), part.Without.Accuracy());
        }

        examples.Write(output, "  ");
        if (parts.All(p => p.Frequent.Count == 0))
            return;
        output.WriteLine();
        var words = new TextTable(rightAligned: 1);
        words.Add("part", "most frequent", "started", "tokens");
        foreach (UnseenPart part in parts)
        {
            for (int i = 0; i < part.Frequent.Count; i++)
                words.Add(i == 0 ? part.Part : "", part.Frequent[i].Word, part.Frequent[i].Pretrained ? "pretrained" : "at random", Whole(part.Frequent[i].Tokens));
        }

        words.Write(output, "  ");
    }

    /// <summary>A line a stage about its test part, under a heading; none where no stage was counted.</summary>
    /// <param name="stages">Name, analysis and result of each stage; an analysis of other weights than the result's does not count.</param>
    internal static IEnumerable<string> TestLines(IEnumerable<(string Stage, StageAnalysis? Analysis, RunResult Result)> stages)
    {
        (string Stage, UnseenPart Test)[] counted =
        [
            .. from stage in stages
               where stage.Analysis is { } analysis && analysis.TableHash == stage.Result.TableHash
               from part in stage.Analysis.Unseen ?? []
               where part.Part == "test"
               select (stage.Stage, part),
        ];
        if (counted.Length == 0)
            yield break;
        yield return "Test tokens whose words training never touched, and accuracy on examples with and without one";
        var table = new TextTable(rightAligned: 6);
        table.Add("stage", "tokens", "pretrained", "no vector", "unknown", "with one", "without");
        foreach ((string stage, UnseenPart test) in counted)
        {
            table.Add(stage, $"{Whole(test.UnseenTokens())} ({Share(test.UnseenTokens(), test.Tokens)})", Whole(test.Pretrained.Tokens), Whole(test.NoVector.Tokens), Whole(test.UnknownTokens),
                test.With.Accuracy(), test.Without.Accuracy());
        }

        using var text = new StringWriter();
        table.Write(text, "  ");
        foreach (string line in text.ToString().Split(text.NewLine, StringSplitOptions.RemoveEmptyEntries))
            yield return line;
    }

    private static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(int part, int all) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / Math.Max(1, all):F1} %");
}
