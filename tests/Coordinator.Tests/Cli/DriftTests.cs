using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class DriftTests(TrainedToyRun toy)
{
    private string Stage => Path.Combine(toy.Run, "stages", "tuned");

    [Fact]
    public async Task Frozen_steps_have_moved_nothing_and_tuned_ones_have_and_the_command_tells_what_the_log_told()
    {
        IReadOnlyList<DriftRecord> log = DriftLog.Read(Path.Combine(Stage, "drift.jsonl"));
        Assert.Equal(Enumerable.Range(1, 8), log.Select(r => r.Step)); // a checkpoint a step, frozen for the first epoch of four
        foreach (DriftRecord record in log)
        {
            DriftReport told = Assert.Single(record.Tables);
            Assert.Equal(record.Step > 4, told.Whole().Moved > 0);
            Assert.Equal(record.Step > 4, told.Whole().Distance.Mean > 0);
            // From all rows in memory, where the log was written from the files.
            JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("drift", toy.Run, "--step", $"{record.Step}", "--json", "--top", $"{DriftRecord.WordsNamed}")).RootElement;
            Assert.Equal(record.Step, shown.GetProperty("step").GetInt32());
            Assert.Equal(Line(told), Line(shown.GetProperty("tables")[0].Deserialize<DriftReport>(JsonSerializerOptions.Web)!));
        }

        static string Line(DriftReport report) => JsonSerializer.Serialize(report);
    }

    [Fact]
    public async Task Words_are_measured_as_from_whole_tables()
    {
        using TrainedRun before = TrainedRun.OpenInitial(toy.Run), after = TrainedRun.Open(toy.Run);
        JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("drift", toy.Run, "--words", "COLD, sunny", "--json")).RootElement;
        DriftedWord[] words = shown.GetProperty("words")[0].GetProperty("words").Deserialize<DriftedWord[]>(JsonSerializerOptions.Web)!;
        Assert.Equal(["cold", "sunny"], words.Select(w => w.Word));
        foreach (DriftedWord word in words)
        {
            int row = after.Vocabulary.RowOf(word.Word);
            var expected = RowChange.Of(before.ReadVectors().Vector(row).Span, after.ReadVectors().Vector(row).Span);
            Assert.Equal((after.Vocabulary.Count(row), true, expected.Moved, expected.Cosine, expected.Distance), (word.Count, word.Pretrained, word.Moved, word.Cosine, word.Distance));
        }
    }

    [Fact]
    public async Task The_table_shows_classes_histograms_and_words()
    {
        string text = await Shell.OutputOf("drift", toy.Run, "--words", "sky", "--top", "2", "--step", "8");
        Assert.StartsWith("embedding: words after step 8 against their start (tuned, stage:vectors)\n", text, StringComparison.Ordinal);
        string[] lines = text.Split('\n');
        Assert.Contains(lines, l => l.TrimStart().StartsWith("pretrained ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.TrimStart().StartsWith("L2 distance to the start", StringComparison.Ordinal));
        int at = Array.FindIndex(lines, l => l.StartsWith("  moved farthest", StringComparison.Ordinal));
        Assert.Equal("", lines[at + 3]);
        Assert.StartsWith("  sky ", lines[^2], StringComparison.Ordinal);
        // Every histogram counts every word.
        using TrainedRun run = TrainedRun.Open(toy.Run);
        int words = run.Vocabulary.Rows - WordVocabulary.FirstWordRow;
        at = Array.FindIndex(lines, l => l.StartsWith("  cosine to the start", StringComparison.Ordinal));
        Assert.Equal(words, lines[(at + 1)..].TakeWhile(l => l.Length > 0).Sum(l => int.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^3], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task What_cannot_be_shown_is_refused_in_one_line()
    {
        await Shell.RefusalOf(["drift", toy.Run, "--words", "sunyn"], "sunyn: is not in the vocabulary.", "Spelled nearly so: sunny");
        await Shell.RefusalOf(["drift", toy.Run, "--stage", "vectors"], "stage 'vectors' starts from no pretrained vectors");
        await Shell.RefusalOf(["drift", toy.Run, "--step", "77"], "no checkpoint of step 77");
        await Shell.RefusalOf(["drift", toy.Run, "--top", "-1"], "--top: is -1.");
        await Shell.RefusalOf(["drift", toy.In("nowhere")], "no such run directory");
        Assert.False(File.Exists(Path.Combine(toy.Run, "stages", "vectors", "drift.jsonl")));
    }

    [Fact]
    public async Task A_static_channel_has_no_drift_and_a_multichannel_model_says_which_copy_has_none()
    {
        foreach ((string channels, int log) in new[] { ("static", 0), ("multichannel", 1) })
        {
            string run = toy.In(channels);
            await Shell.OutputOf("train", toy.Job, "--run-dir", run, "--set", $"stages.tuned.model.channels={channels}", "--set", "stages.tuned.freeze=[]", "--set", "stages.tuned.report.neighbors=[]");
            Assert.Equal(log == 1, File.Exists(Path.Combine(run, "stages", "tuned", "drift.jsonl")));
            Assert.Equal(log == 1, File.Exists(Path.Combine(run, "stages", "tuned", "neighbors.json")));
            if (log == 0)
            {
                await Shell.RefusalOf(["drift", run], "never changes its pretrained vectors (embedding)");
                await Shell.RefusalOf(["neighbors", run], "WORD: is missing", "never changes its pretrained vectors");
                continue;
            }

            string text = await Shell.OutputOf("drift", run);
            Assert.StartsWith("embedding: words after", text, StringComparison.Ordinal);
            Assert.EndsWith("embedding.static is the copy that the model never changes: it has no drift.\n", text, StringComparison.Ordinal);
            Assert.Contains("whose vectors turned most", await Shell.OutputOf("neighbors", run), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_job_can_do_without()
    {
        string run = toy.In("without-drift");
        await Shell.OutputOf("train", toy.Job, "--run-dir", run, "--set", "report.drift=false", "--set", "stages.tuned.report.neighbors=[]");
        Assert.Empty(Directory.GetFiles(run, "drift.jsonl", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(run, "neighbors.json", SearchOption.AllDirectories));
        Assert.Contains("moved farthest", await Shell.OutputOf("drift", run), StringComparison.Ordinal); // looking is another matter
    }
}
