using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

public sealed class SweepTests : IDisposable
{
    private static readonly string[] s_sweep =
    [
        "sweep", "toy.json", "--sweep-dir", "sweep", "--seeds", "2", "--vary", "model.channels=static,non-static", "--set", "freeze=[]", "--set", "model.maps=10", "--set", "training.epochs=3",
    ];

    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_sweep_that_was_stopped_goes_on_and_ends_on_the_table_of_one_that_was_not()
    {
        string[] whole = [.. s_sweep];
        whole[3] = "whole";
        Ended expected = (await DistEmbedProcess.RunAsync(_folder.Path, whole)).Expect(0);
        const string Second = "channels=non-static,seed=1";
        _folder.Hold.At(Second, 20);
        using (DistEmbedProcess process = DistEmbedProcess.Start(_folder.Path, [.. s_sweep, "--baseline", "non-static"]))
        {
            await process.WaitUntilAsync(() => _folder.LoggedSteps(Path.Combine("sweep", Second)) >= 10, "step 10 of the second run");
            process.Interrupt();
            Ended stopped = (await process.EndAsync()).Expect(4);
            Assert.Matches($"Stopped: [12] of 4 runs have ended. Go on with: distembed sweep --sweep-dir {Regex.Escape(_folder.In("sweep"))} --resume --baseline non-static\n", stopped.Output);
        }

        _folder.Hold.Release();
        string interrupted = (await DistEmbedProcess.RunAsync(_folder.Path, "compare", "sweep")).Expect(0).Output;
        Assert.Matches("Not counted: seed 1 of non-static: stopped after step ", interrupted);

        Ended resumed = (await DistEmbedProcess.RunAsync(_folder.Path, "sweep", "--sweep-dir", "sweep", "--resume", "--workers", "1", "--json", "numbers.json")).Expect(0);

        Assert.Equal(TableOf(expected.Output), TableOf(resumed.Output));
        Assert.Equal(TableOf(expected.Output), (await DistEmbedProcess.RunAsync(_folder.Path, "compare", "sweep")).Expect(0).Output);
        foreach (string run in Directory.GetDirectories(_folder.In("whole")).Select(path => Path.GetFileName(path)))
        {
            Assert.Equal(
                RunResult.Read(_folder.In("whole", run, "result.json")).TableHash, RunResult.Read(_folder.In("sweep", run, "result.json")).TableHash);
        }

        JsonElement numbers = JsonDocument.Parse(File.ReadAllText(_folder.In("numbers.json"))).RootElement;
        Assert.Equal(["static", "non-static"], numbers.GetProperty("variants").EnumerateArray().Select(v => v.GetProperty("name").GetString()));
        JsonElement pair = Assert.Single(numbers.GetProperty("differences").EnumerateArray());
        double[] differences = [.. new[] { 1, 2 }.Select(seed => Accuracy($"channels=non-static,seed={seed}") - Accuracy($"channels=static,seed={seed}"))];
        Assert.Equal(differences.Average(), pair.GetProperty("mean").GetDouble(), 1e-12);
    }

    [Fact]
    public async Task All_wrong_settings_of_all_variants_are_told_at_once_and_nothing_is_written()
    {
        Ended refused = (await DistEmbedProcess.RunAsync(_folder.Path,
            "sweep", "toy.json", "--vary", "model.channels=statik,non-static", "--vary", "training.epochs=2,x", "--set", "training.bach=3", "--set", "freeze=[]")).Expect(2);
        Assert.Collection(refused.ErrorLines,
            line => Assert.StartsWith("error: --set training.bach: unknown setting", line, StringComparison.Ordinal),
            line => Assert.StartsWith("error: --vary model.channels: unknown value \"statik\"", line, StringComparison.Ordinal),
            line => Assert.StartsWith("error: --vary training.epochs: must be a whole number", line, StringComparison.Ordinal));
        Ended none = (await DistEmbedProcess.RunAsync(_folder.Path, "sweep", "toy.json", "--seeds", "3,x", "--vary", "model.maps=2,3")).Expect(2);
        Assert.Contains("'x' is no seed.", Assert.Single(none.ErrorLines), StringComparison.Ordinal);
        Ended other = (await DistEmbedProcess.RunAsync(_folder.Path, "sweep", "toy.json", "--vary", "model.channels=static,non-static", "--set", "freeze=[]", "--baseline", "statc")).Expect(2);
        Assert.Contains("--baseline: there is no variant `statc`. Did you mean `static`?", Assert.Single(other.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_folder.Path));
    }

    [Fact]
    public async Task A_run_that_diverges_is_in_the_table_and_the_exit_code_tells()
    {
        Ended ended = (await DistEmbedProcess.RunAsync(_folder.Path,
            "sweep", "toy.json", "--seeds", "1", "--vary", "optimizers.default.learningRate=1e30,1", "--set", "freeze=[]", "--set", "model.maps=10", "--set", "training.epochs=2")).Expect(3);
        Assert.Contains("[1/2] learningRate=1e30,seed=1: failed: the loss of step ", ended.Output, StringComparison.Ordinal);
        Assert.Contains("[2/2] learningRate=1,seed=1: test ", ended.Output, StringComparison.Ordinal);
        Assert.Contains("Not counted: seed 1 of learningRate=1e30: failed: the loss of step ", ended.Output, StringComparison.Ordinal);
        Assert.Equal(["toy-1"], Directory.GetDirectories(_folder.In("sweeps")).Select(path => Path.GetFileName(path)));
        (await DistEmbedProcess.RunAsync(_folder.Path, "compare", "sweeps/toy-1")).Expect(0);
    }

    private double Accuracy(string run) => RunResult.Read(_folder.In("sweep", run, "result.json")).Test!.Main;

    private static string TableOf(string output)
    {
        int start = output.IndexOf("Test accuracy", StringComparison.Ordinal), end = output.IndexOf("\nEverything is in", StringComparison.Ordinal);
        Assert.True(start >= 0 && end > start, output);
        return output[start..end];
    }
}
