using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>Models of trees from the command line: trained, judged by what they are judged by, and not asked for what they cannot give.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class TreeRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string In(string name) => _folder.In(name);

    [Fact]
    public async Task A_model_of_trees_is_trained_and_evaluated_and_refuses_lines_of_text()
    {
        File.WriteAllLines(In("trees.txt"), Enumerable.Range(0, 30).SelectMany(_ => new[] { "(3 (2 a) (4 good))", "(1 (1 bad) (2 day))" }));
        string run = await TrainAsync("""{ "format": "trees", "train": "trees.txt", "neutral": 2, "testFraction": 0.2 }""", """{ "kind": "tree-lstm", "hidden": 8 }""");

        string shown = await Shell.OutputOf("evaluate", run);
        Assert.StartsWith("test: 12 examples, accuracy 100.00", shown, StringComparison.Ordinal);
        File.WriteAllText(In("other.txt"), "(4 (2 a) (3 (4 good) (2 day)))\n");
        Assert.StartsWith($"{In("other.txt")}: 1 examples, accuracy 100.00", await Shell.OutputOf("evaluate", run, "--data", In("other.txt")), StringComparison.Ordinal);
        await Shell.RefusalOf(["predict", run, In("trees.txt")], "labels trees, and a line of text is none");
    }

    [Fact]
    public async Task A_model_of_pairs_is_judged_by_correlation()
    {
        (string Name, string Line)[] files = [("a.toks", "a good day"), ("a.parents", "3 3 0"), ("b.toks", "bad day"), ("b.parents", "2 0")];
        foreach ((string name, string line) in files)
            File.WriteAllLines(In(name), Enumerable.Repeat(line, 40));
        File.WriteAllLines(In("b.toks"), Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? "bad day" : "good day"));
        File.WriteAllLines(In("sim"), Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? "1.5" : "4"));
        string run = await TrainAsync(
            """{ "format": "tree-pairs", "testFraction": 0.2, "train": { "tokensA": "a.toks", "parentsA": "a.parents", "tokensB": "b.toks", "parentsB": "b.parents", "scores": "sim" } }""",
            """{ "kind": "tree-lstm-pairs", "hidden": 8 }""");

        RunResult result = RunResult.Read(Path.Combine(run, "result.json"));
        JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("evaluate", run, "--json")).RootElement, scores = shown.GetProperty("scores");
        Assert.Equal(result.Test!.Main, scores.GetProperty("pearson").GetDouble());
        Assert.InRange(scores.GetProperty("pearson").GetDouble(), 0.9, 1);
        Assert.True(scores.GetProperty("mse").GetDouble() < 1);
        // Two kinds of pairs, and the two scores are told apart: the ranks are the same, ties too.
        Assert.Equal(1, shown.GetProperty("spearman").GetDouble(), 1e-9);
        Assert.InRange(shown.GetProperty("pearsonInterval").GetProperty("low").GetDouble(), 0.5, scores.GetProperty("pearson").GetDouble());
        string[] lines = (await Shell.OutputOf("evaluate", run)).Split('\n');
        Assert.StartsWith("pearson's 95 % interval ", lines[1], StringComparison.Ordinal);
        Assert.Equal("spearman 1.0000", lines[2]);
        await Shell.RefusalOf(["evaluate", run, "--by-class"], "gives no example a label");
        await Shell.RefusalOf(["predict", run, In("sim")], "judged by pearson, mse");
    }

    private async Task<string> TrainAsync(string data, string model)
    {
        File.WriteAllText(In("job.json"), $$"""
            {
              "name": "trees", "data": {{data}}, "model": {{model}},
              "vectors": { "dimension": 6 },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
              "training": { "batch": 10, "epochs": 8 }
            }
            """);
        (int code, string output, string errors) = await Shell.RunAsync("train", In("job.json"), "--set", $"data.root={_folder.Path}", "--run-dir", In("run"));
        Assert.True(code == Coordinator.Cli.ExitCode.Done, output + errors);
        return In("run");
    }
}
