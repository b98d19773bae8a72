using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Coordinator.Tests.Local;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class BenchmarkTests : IDisposable
{
    private readonly ToyBenchmark _toy = new();

    public void Dispose() => _toy.Dispose();

    [Fact]
    public async Task Every_task_is_trained_with_all_vectors_and_more_can_be_added()
    {
        string shown = await Shell.OutputOf("benchmark", _toy.A, "random", "--data", _toy.Data, "--seeds", "1", "--out", _toy.In("out"));

        foreach (BenchmarkTask task in BenchmarkTask.All)
        {
            Assert.Contains(RowsOf(shown), row => row[0] == task.Name && row[2] == "a" && Score(row) is > 0 and <= 100);
            Assert.Contains(RowsOf(shown), row => row[0] == task.Name && row[2] == "random-4" && row[3..5] is ["-", "-"] && row[^1] == "-");
        }

        Assert.Contains("Intervals of subjectivity are widened", shown, StringComparison.Ordinal);
        Assert.Equal("F1", RowsOf(shown).First(row => row[0] == "entities")[1], ignoreCase: true);
        Directory.CreateDirectory(_toy.In("data", "wordsim"));
        File.WriteAllLines(_toy.In("data", "wordsim", "EN-WS-353-ALL.txt"), ["cold\tdark\t9", "cold\tsun\t1", "day\tnight\t5", "day\tsky\t4"]);

        // Vectors of another dimension and a second seed: what is there stays as it is.
        string json = _toy.In("numbers.json");
        string more = await Shell.OutputOf("benchmark", _toy.A, $"other={_toy.B}", "random", "--data", _toy.Data, "--tasks", "questions", "--seeds", "2", "--out", _toy.In("out"), "--json", json);
        Assert.Contains("questions, a, frozen: 1 of 2 runs have ended before", more, StringComparison.Ordinal);
        Assert.DoesNotContain("questions, a, frozen, seed 1:", more, StringComparison.Ordinal);
        Assert.Contains(Lines(more), line => Cells(line) is ["other", "1.000 (3 of 4)"]); // the more alike to people, the larger b's cosine
        JsonElement[] scores = [.. JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("scores").EnumerateArray()];
        Assert.Equal(["a", "other", "random-4"], scores.Select(score => score.GetProperty("vectors").GetString()));
        JsonElement first = scores[0], second = scores[1];
        Assert.Equal(Mean(second) - Mean(first), second.GetProperty("difference").GetProperty("mean").GetDouble(), 12);
        Assert.Equal(2, second.GetProperty("difference").GetProperty("pairs").GetInt32());
        Assert.False(first.TryGetProperty("difference", out _));
        string[] tokens = [.. new[] { "TREC.train", "TREC.test" }.SelectMany(file => File.ReadAllLines(_toy.In("data", "trec", file))).SelectMany(line => line.Split(' ')[1..])];
        string[] known = [.. File.ReadAllLines(_toy.B).Select(line => line.Split(' ')[0])];
        JsonElement coverage = second.GetProperty("coverage");
        Assert.Equal(tokens.Length, coverage.GetProperty("tokens").GetInt32());
        Assert.Equal(tokens.Count(known.Contains), coverage.GetProperty("tokensFound").GetInt32());
        Assert.Equal((tokens.Distinct().Count(), tokens.Distinct().Count(known.Contains)), (coverage.GetProperty("words").GetInt32(), coverage.GetProperty("wordsFound").GetInt32()));

        static double Mean(JsonElement score) => score.GetProperty("score").GetProperty("mean").GetDouble();
    }

    [Fact]
    public async Task A_benchmark_that_was_stopped_goes_on_with_the_same_command_to_the_same_table()
    {
        string[] command = ["benchmark", _toy.A, _toy.B, "--data", _toy.Data, "--tasks", "sentiment", "--seeds", "2", "--tuned"];
        var benchmark = Benchmark.Check(new BenchmarkRequest([_toy.A, _toy.B], ["sentiment"], _toy.Data, _toy.In("parts"), [1, 2], Tuned: true));
        var watcher = new ToySweep.Watcher { StopAt = ("seed=2", 3) };
        Assert.Equal(SweepEnd.Interrupted, await benchmark.RunAsync(_ => watcher, watcher.Stop.Token));
        Assert.Equal(["begun, 0 ended", "seed=1 Done", "seed=2 Interrupted"], watcher.Told);

        string parts = await Shell.OutputOf([.. command, "--out", _toy.In("parts")]), whole = await Shell.OutputOf([.. command, "--out", _toy.In("whole")]);

        Assert.Contains("[2/8] sentiment, a, frozen, seed 2: goes on after step 3", parts, StringComparison.Ordinal);
        Assert.Equal(Table(whole), Table(parts));
        Assert.Contains(RowsOf(whole), row => row[2] == "frozen" && row[3] == "b");
        Assert.Contains(RowsOf(whole), row => row[2] == "tuned" && row[3] == "b");
        Assert.Equal(Table(whole), Table(await Shell.OutputOf([.. command, "--out", _toy.In("whole")])));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once_and_nothing_is_written()
    {
        File.Delete(_toy.In("data", "trec", "TREC.test"));
        File.Delete(_toy.In("data", "subj", "subj.objective"));
        File.WriteAllText(_toy.In("none.txt"), "no vectors, but words\n");

        (int code, string _, string errors) = await Shell.RunAsync(
            "benchmark", _toy.A, _toy.In("none.txt"), _toy.In("nix.bin"), "random:x", "--data", _toy.Data, "--tasks", "questions,subjectivity,sentimet", "--seeds", "0", "--json", _toy.A, "--out", _toy.In("out"));

        Assert.Equal(ExitCode.BadInput, code);
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, lines.Length);
        foreach (string[] parts in new string[][]
        {
            ["none.txt", "no word vectors"], ["nix.bin", "no such file"], ["random:x", "random:N"], ["--tasks", "`sentiment`"], ["--seeds", "'0'"], ["a.txt", "exists already"],
            [Path.Combine("trec", "TREC.test"), "the task questions", "data/raw/TREC.test of github.com/harvardnlp/sent-conv-torch"], [Path.Combine("subj", "subj.objective"), "the task subjectivity"],
        })
        {
            Assert.Contains(lines, line => parts.All(part => line.Contains(part, StringComparison.Ordinal)));
        }

        Assert.False(Directory.Exists(_toy.In("out")));
    }

    [Fact]
    public async Task Results_are_never_taken_for_those_of_other_vectors_or_data()
    {
        string[] command = ["benchmark", _toy.A, "--data", _toy.Data, "--tasks", "questions", "--seeds", "1", "--out"];
        await Shell.OutputOf([.. command, _toy.In("out")]);
        string train = _toy.In("data", "trec", "TREC.train"), text = File.ReadAllText(train);

        File.WriteAllText(train, text + "LOC:fine sea sky\n");
        await Shell.RefusalOf([.. command, _toy.In("out")], "was trained on other data");
        File.WriteAllText(train, text);
        await Shell.RefusalOf([.. command, _toy.Data], "is no benchmark's directory");
        await Shell.RefusalOf(["benchmark", $"x={_toy.A}", $"X={_toy.B}", .. command[2..], _toy.In("out")], "would both be called `x`", "NAME=FILE");
        await Shell.RefusalOf(["benchmark", "random", .. command[2..], _toy.In("out")], "takes the dimension of the first file");
        File.AppendAllText(_toy.A, "sky 1 2 3 4\n");
        await Shell.RefusalOf([.. command, _toy.In("out")], "has changed since `a` was measured");
        await Shell.OutputOf(["benchmark", $"longer={_toy.A}", .. command[2..], _toy.In("out")]);
    }

    private static string Table(string shown) => shown[shown.IndexOf("Test scores", StringComparison.Ordinal)..];

    private static string[] Lines(string shown) => Table(shown).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string[][] RowsOf(string shown) => [.. Lines(shown).Select(Cells).Where(cells => cells.Length > 5)];

    private static double Score(string[] row) => double.Parse(row[6], CultureInfo.InvariantCulture);
}
