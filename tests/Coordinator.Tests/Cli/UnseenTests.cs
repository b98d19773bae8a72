using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class UnseenTests(TrainedToyRun toy)
{
    [Fact]
    public async Task Tokens_are_counted_as_from_text_and_vectors_and_the_run_told_the_same()
    {
        (string run, string told) = await UnseenToy.TrainAsync(toy, "unseen-count");
        JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("unseen", run, "--json", "--words", $"{AnalyzedStage.UnseenWords}")).RootElement;
        UnseenPart[] parts = shown.GetProperty("parts").Deserialize<UnseenPart[]>(JsonSerializerOptions.Web)!;
        Assert.Equal(["dev", "test"], parts.Select(p => p.Part));

        using TrainedRun before = TrainedRun.OpenInitial(run), after = TrainedRun.Open(run);
        WordVectors first = before.ReadVectors(), last = after.ReadVectors();
        foreach (UnseenPart part in parts)
        {
            string[][] lines = [.. File.ReadLines(Path.Combine(run, "..", $"{part.Part}.txt")).Select(l => l.Split(' ')[1..])];
            string[] tokens = [.. lines.SelectMany(l => l)];
            string[] untouched = [.. tokens.Where(Known).Where(Untouched)];
            Assert.Equal((tokens.Length, tokens.Where(Known).Distinct().Count()), (part.Tokens, part.Words));
            Assert.Equal((tokens.Count(t => t == "xyzzy"), tokens.Contains("xyzzy") ? 1 : 0), (part.NoVector.Tokens, part.NoVector.Words));
            Assert.Equal((untouched.Count(t => t != "xyzzy"), untouched.Distinct().Count(t => t != "xyzzy")), (part.Pretrained.Tokens, part.Pretrained.Words));
            Assert.Equal(tokens.Count(t => !Known(t)), part.UnknownTokens);
            Assert.Equal(lines.Count(l => l.Any(t => !Known(t) || Untouched(t))), part.With.Examples);
            Assert.Equal(lines.Length, part.With.Examples + part.Without.Examples);
            PartResult scored = after.Evaluate(part.Part == "dev" ? after.ReadData().Dev! : after.ReadData().Test!);
            Assert.Equal(scored.Main, (double)(part.With.Right + part.Without.Right) / lines.Length);
            Assert.Equal(untouched.GroupBy(t => t).Select(g => (g.Key, g.Count(), g.Key != "xyzzy")).Order(), part.Frequent.Select(w => (w.Word, w.Tokens, w.Pretrained)).Order());
            Assert.Contains("gloomy", untouched);
            Assert.DoesNotContain("cold", untouched);
        }

        Assert.Equal((2, 2), (parts[1].NoVector.Tokens, parts[1].UnknownTokens));
        Assert.Equal(JsonSerializer.Serialize(parts), JsonSerializer.Serialize(StageAnalysis.Read(Path.Combine(run, "analysis.json"))!.Unseen));
        string heading = "Test tokens whose words training never touched", accuracies = $"{parts[1].With.Accuracy()}  {parts[1].Without.Accuracy()}";
        Assert.Contains(heading, told, StringComparison.Ordinal);
        Assert.Contains(told.Split('\n'), l => l.StartsWith("  unseen ", StringComparison.Ordinal) && l.EndsWith(accuracies, StringComparison.Ordinal));
        string table = await Shell.OutputOf("unseen", run, "--words", "1");
        Assert.Contains(table.Split('\n'), l => l.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is ["dev", "jolly", "pretrained", "3"]);
        Assert.DoesNotContain("gloomy", table, StringComparison.Ordinal);

        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        File.Delete(Path.Combine(run, "analysis.json"));
        await Shell.OutputOf("report", run);
        Assert.Equal(page, File.ReadAllText(Path.Combine(run, "report.html")));
        Assert.Contains("gloomy 3", page, StringComparison.Ordinal);

        bool Known(string word) => after.Vocabulary.TryRowOf(word, out _);
        bool Untouched(string word) => first.Vector(after.Vocabulary.RowOf(word)).Span.SequenceEqual(last.Vector(after.Vocabulary.RowOf(word)).Span);
    }

    [Fact]
    public async Task What_cannot_be_counted_is_refused_in_one_line()
    {
        await Shell.RefusalOf(["unseen", toy.Run, "--stage", "vectors"], "without labels");
        await Shell.RefusalOf(["unseen", toy.Run, "--words", "-1"], "--words: is -1.");
        await Shell.RefusalOf(["unseen", toy.In("nowhere")], "no such run directory");
        (string run, string told) = await UnseenToy.TrainAsync(toy, "unseen-static", "--set", "model.channels=static", "--set", "training.epochs=1");
        await Shell.RefusalOf(["unseen", run], "never changes its vectors");
        Assert.Null(StageAnalysis.Read(Path.Combine(run, "analysis.json"))!.Unseen);
        Assert.DoesNotContain("never touched", told, StringComparison.Ordinal);
    }
}
