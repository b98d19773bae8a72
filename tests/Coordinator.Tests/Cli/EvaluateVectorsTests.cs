using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class EvaluateVectorsTests(TrainedToyRun toy) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tables_show_correlations_accuracies_and_what_is_covered()
    {
        string vectors = Write("vectors.txt", "man 1 0 0\nwoman 0 1 0\nking 1 0 1\nqueen 0 1 1\nPrince 1 0 -1\nprincess 0 1 -1\nbad nan 0 0\n");
        string pairs = Write("pairs.csv", "one,two,score\nman,king,9\nman,woman,2\nman,queen,3\nman,uncle,5\n");
        string analogies = Write("questions.txt", ": family\nman woman king queen\nman woman prince princess\nman woman uncle aunt\n: gram1\nking man queen princess\n");
        string text = await Shell.OutputOf("evaluate-vectors", vectors, "--pairs", pairs, "--analogies", analogies);
        // Cosines 0.71, 0, 0 of scores 9, 2, 3: ranks 3, 1.5, 1.5 of ranks 3, 1, 2.
        Assert.Equal(
            $"""
            {vectors}: 6 of 7 words, 3 numbers each
            words left out, since their vectors cannot be used: 1
            header of pairs: 'one,two,score'
            conventions: case ignored, the 300,000 most frequent words, words without a vector skipped

              pairs  Spearman  Pearson  covered  words missing
              pairs    0.8660   0.9912   3 of 4         1 of 5
              pairs misses uncle

              questions (3CosAdd)  accuracy  correct  covered
              family               100.00 %        2   2 of 3
              gram1                  0.00 %        0   1 of 1
              semantic             100.00 %        2   2 of 3
              syntactic              0.00 %        0   1 of 1
              total                 66.67 %        2   3 of 4
              words missing: 2 of 8
              questions misses uncle, aunt

            """, text);
        string other = await Shell.OutputOf("evaluate-vectors", vectors, "--analogies", analogies, "--missing", "zero", "--case-sensitive", "--restrict", "5", "--method", "mul");
        Assert.Contains("conventions: case counts, the 5 most frequent words, words without a vector count as similarity 0 and as wrong\n", other, StringComparison.Ordinal);
        Assert.Contains("  questions (3CosMul)  accuracy  correct  covered\n  family                33.33 %        1   1 of 3\n", other, StringComparison.Ordinal);
        Assert.Contains("  questions misses prince, princess, uncle, aunt\n", other, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tuned", null)]
    [InlineData("tuned", 2)]
    [InlineData("vectors", null)]
    public async Task A_run_is_measured_as_its_exported_vectors_are(string stage, int? step)
    {
        string pairs = Write("pairs.txt", "sunny warm 9\nsunny stormy 2\ncold dark 7\nsea sky 6\nnight day 5\nday nowhere 1\n");
        string analogies = Write("questions.txt", "sunny stormy warm cold\nbright dark calm rough\nday night sea sky\n");
        string[] of = step is { } given ? ["--stage", stage, "--step", $"{given}"] : ["--stage", stage];
        string[] sets = ["--pairs", pairs, "--analogies", analogies, "--restrict", "12", "--json"];
        string exported = _folder.In("exported.bin");
        await Shell.OutputOf(["export", toy.Run, "--format", "word2vec-binary", "--output", exported, .. of]);
        JsonElement run = JsonDocument.Parse(await Shell.OutputOf(["evaluate-vectors", toy.Run, .. of, .. sets])).RootElement;
        JsonElement file = JsonDocument.Parse(await Shell.OutputOf(["evaluate-vectors", exported, .. sets])).RootElement;
        Assert.Equal(stage, run.GetProperty("stage").GetString());
        if (step is not null)
            Assert.Equal(step, run.GetProperty("step").GetInt32());
        Assert.False(file.TryGetProperty("stage", out _));
        Assert.Equal(12, run.GetProperty("words").GetInt32());
        Assert.Equal("""{"restrict":12,"caseSensitive":false,"missing":"skip","method":"add"}""", run.GetProperty("conventions").GetRawText());
        foreach (string part in (string[])["words", "dimension", "similarity", "analogies"])
            Assert.Equal(file.GetProperty(part).GetRawText(), run.GetProperty(part).GetRawText());

        // By another way: from the table in memory.
        using TrainedRun trained = TrainedRun.Open(toy.Run, stage, step);
        WordVectors table = trained.ReadVectors();
        (string, string, double)[] known = [("sunny", "warm", 9), ("sunny", "stormy", 2), ("cold", "dark", 7), ("sea", "sky", 6), ("night", "day", 5)];
        known = [.. known.Where(p => Counts(p.Item1) && Counts(p.Item2))];
        Assert.InRange(known.Length, 2, 5);
        var expected = RankCorrelation.Of([.. known.Select(p => p.Item3)], [.. known.Select(p => (double)table.Cosine(Row(p.Item1), Row(p.Item2)))]);
        JsonElement similarity = run.GetProperty("similarity")[0];
        Assert.Equal((6, known.Length), (similarity.GetProperty("pairs").GetInt32(), similarity.GetProperty("covered").GetInt32()));
        Assert.Equal(expected.Pearson!.Value, similarity.GetProperty("correlation").GetProperty("pearson").GetDouble(), 1e-5);

        int Row(string word) => trained.Vocabulary.RowOf(word);
        bool Counts(string word) => Row(word) is >= WordVocabulary.FirstWordRow and < WordVocabulary.FirstWordRow + 12;
    }

    [Fact]
    public async Task What_cannot_be_measured_is_refused_with_its_place()
    {
        string pairs = Write("pairs.txt", "a b 1\n"), vectors = Write("vectors.txt", "a 1 2\nb 2 3\n"), bad = Write("bad.txt", ": s\na b c\n");
        await Shell.RefusalOf(["evaluate-vectors", vectors], "--pairs: is missing, and so is --analogies");
        await Shell.RefusalOf(["evaluate-vectors", vectors, "--analogies", bad], $"{bad}:2: has 3 words where a question has four: 'a b c'.");
        await Shell.RefusalOf(["evaluate-vectors", vectors, "--pairs", pairs, "--restrict", "0"], "--restrict: is 0.");
        await Shell.RefusalOf(["evaluate-vectors", vectors, "--pairs", pairs, "--method", "mul"], "--method: has no effect without analogies.");
        await Shell.RefusalOf(["evaluate-vectors", vectors, "--pairs", pairs, "--missing", "drop"], "--missing: there is no `drop`.", "skip, zero");
        await Shell.RefusalOf(["evaluate-vectors", vectors, "--pairs", pairs, "--step", "3"], "--step: has no effect", "is no run directory");
        await Shell.RefusalOf(["evaluate-vectors", vectors + "x", "--pairs", pairs], "vectors.txtx: There is no such file.");
        await Shell.RefusalOf(["evaluate-vectors", Write("nan.txt", "a nan 2\nb nan 2\n"), "--pairs", pairs], "nan.txt: has no usable vector.");
        await Shell.RefusalOf(["evaluate-vectors", toy.Run, "--pairs", pairs, "--stage", "nix"], "the run has no stage 'nix'");
        // The errors of all files at once.
        (int code, _, string errors) = await Shell.RunAsync("evaluate-vectors", vectors, "--pairs", bad, "--pairs", pairs + "x", "--analogies", pairs);
        Assert.Equal((2, 3), (code, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public async Task Probes_measure_each_checkpoint_as_the_command_does()
    {
        string pairs = Write("pairs.txt", "sunny warm 9\nsunny stormy 2\ncold dark 7\nsea sky 6\nnight day 5\n"), analogies = Write("questions.txt", "sunny stormy warm cold\nday night sea sky\nday night sea ocean\n");
        string run = toy.In("probed"), stage = Path.Combine(run, "stages", "tuned");
        string console = await Shell.OutputOf("train", toy.Job, "--run-dir", run, "--set", $$"""stages.tuned.evaluation.probes=[{"pairs":"{{pairs}}"},{"analogies":"{{analogies}}","restrict":13}]""");
        IReadOnlyList<ProbeRecord> log = ProbeLog.Read(Path.Combine(stage, "probes.jsonl"));
        Assert.Equal(Enumerable.Range(0, 9), log.Select(r => r.Step)); // the start, and a checkpoint a step
        Assert.Equal(log.Select(r => $"  probes of {r.Text()}"), console.Split('\n').Where(l => l.StartsWith("  probes of ", StringComparison.Ordinal)));
        Assert.False(File.Exists(Path.Combine(run, "stages", "vectors", "probes.jsonl")));
        foreach (ProbeRecord record in log.Skip(1))
        {
            JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("evaluate-vectors", run, "--step", $"{record.Step}", "--pairs", pairs, "--json")).RootElement.GetProperty("similarity")[0];
            Assert.Equal(record.Probes[0].Spearman, shown.GetProperty("correlation").GetProperty("spearman").GetDouble());
            Assert.Equal(record.Probes[0].Covered, shown.GetProperty("covered").GetInt32());
            shown = JsonDocument.Parse(await Shell.OutputOf("evaluate-vectors", run, "--step", $"{record.Step}", "--analogies", analogies, "--restrict", "13", "--json")).RootElement.GetProperty("analogies")[0].GetProperty("total");
            Assert.Equal((record.Probes[1].Correct, record.Probes[1].Covered), (shown.GetProperty("correct").GetInt32(), shown.GetProperty("covered").GetInt32()));
        }

        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains("id=\"s2-probes-similarity\"", page, StringComparison.Ordinal);
        Assert.Contains("questions (13 words)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("s1-probes", page, StringComparison.Ordinal);
        Assert.Equal(JsonDocument.Parse(File.ReadAllText(Path.Combine(toy.Run, "result.json"))).RootElement.GetProperty("tableHash").GetString(),
            JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json"))).RootElement.GetProperty("tableHash").GetString());
    }

    [Fact]
    public async Task A_job_with_a_probe_that_cannot_be_read_leaves_nothing()
    {
        string bad = Write("bad.txt", "sunny warm 9\nsunny warm\n"), run = _folder.In("run");
        await Shell.RefusalOf(["train", toy.Job, "--run-dir", run, "--set", $$"""stages.tuned.evaluation.probes=[{"pairs":"{{bad}}"}]"""], $"{bad}:2: is no pair as the other lines: 'sunny warm'.");
        await Shell.RefusalOf(["train", toy.Job, "--run-dir", run, "--set", """evaluation.probes=[{"analogies":"none.txt"}]"""], "evaluation.probes.0.analogies: There is no file", "data.root");
        Assert.False(Directory.Exists(run));
    }

    private string Write(string name, string text) => _folder.Write(name, text);
}
