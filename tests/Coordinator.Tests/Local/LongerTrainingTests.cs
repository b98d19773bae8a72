using System.Text.Json;
using DistEmbed.Coordinator.Tests.Cli;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Local;

/// <summary>A run that is done goes on with more epochs, and ends on the bits of one that was that long from the start.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class LongerTrainingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TrainedToyRun _toy;

    public LongerTrainingTests(TrainedToyRun toy)
    {
        _toy = toy;
        _folder.Write("job.json", $$"""
            {
              "data": { "format": "labelled-lines", "root": "{{toy.Root}}", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
              "vectors": { "dimension": 6 },
              "model": { "kind": "bag" },
              "optimizers": { "default": { "kind": "adam", "learningRate": 0.02 } },
              "freeze": [{ "group": "embedding", "untilEpoch": 1, "warmupSteps": 3 }],
              "training": { "batch": 10, "epochs": 2 }
            }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_ends_on_the_same_bits_however_often_it_is_made_longer()
    {
        await Train("whole", "--set", "training.epochs=5");
        await Train("run");
        await Longer("run", "training.epochs=3");
        await Longer("run", "training.epochs=5");

        Assert.Equal(Result("whole"), Result("run"));
        Assert.Equal(5, JobFile.LoadStored(_folder.In("run/job.json")).Stages.Single().Spec.Training.Epochs);
        Assert.Contains("accuracy", await Shell.OutputOf("evaluate", _folder.In("run")), StringComparison.Ordinal);
        // Resuming it again, or going back to a checkpoint of the shorter run, changes nothing.
        await Shell.OutputOf("train", "--resume", "--run-dir", _folder.In("run"));
        Assert.Equal(Result("whole"), Result("run"));
        await Shell.OutputOf("train", "--resume", "--run-dir", _folder.In("run"), "--set", "training.epochs=6", "--set", "cluster.workers=1");
        await Train("longest", "--set", "training.epochs=6");
        Assert.Equal(Result("longest"), Result("run"));
    }

    [Fact]
    public async Task The_last_of_several_stages_is_made_longer_and_the_others_are_not_trained_again()
    {
        string copy = _folder.In("stages");
        await Shell.OutputOf("train", _toy.Job, "--run-dir", copy);
        DateTime vectors = File.GetLastWriteTimeUtc(Path.Combine(copy, "stages", "vectors", "result.json"));
        await Shell.OutputOf("train", "--resume", "--run-dir", copy, "--set", "stages.tuned.training.epochs=4");
        await Shell.OutputOf("train", _toy.Job, "--run-dir", _folder.In("expected"), "--set", "stages.tuned.training.epochs=4");

        Assert.Equal(Result("expected"), Result("stages"));
        Assert.Equal(vectors, File.GetLastWriteTimeUtc(Path.Combine(copy, "stages", "vectors", "result.json")));
        await Shell.RefusalOf(["train", "--resume", "--run-dir", copy, "--set", "stages.vectors.training.epochs=9"], "--set: changes what the run computes", "training.epochs: 3, here 9");
    }

    [Theory]
    [InlineData("at step 2 the learning rate of embedding would be 0.0183333, and was 0.0175", "optimizers.default.schedule={\"kind\":\"linear\"}", "freeze=[]")]
    [InlineData("the learning rate of embedding would be", "freeze=[]", "phases=[{\"rules\":[{\"group\":\"embedding\",\"state\":\"frozen\"}],\"until\":{\"epoch\":1}},{\"rules\":[{\"group\":\"embedding\",\"warmup\":\"slanted-triangle\"}]}]")]
    [InlineData("evaluations are due every 12 steps", "evaluation.everyEpochs=3")]
    public async Task A_schedule_that_depends_on_the_length_is_refused_with_the_reason(string reason, params string[] settings)
    {
        await Train("run", [.. settings.SelectMany(setting => new[] { "--set", setting })]);
        string line = await Longest("run");
        Assert.StartsWith("error: --set training: a run of 12 steps would have differed from this one of 8 before its end: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_ended_since_nothing_got_better_and_a_shorter_one_are_refused()
    {
        await Train("run", "--set", "evaluation.patience=1", "--set", "training.epochs=30");
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(_folder.In("run/result.json")));
        Assert.True(result.RootElement.GetProperty("steps").GetInt32() < 120, "patience did not end it: choose other data");
        await Shell.RefusalOf(["train", "--resume", "--run-dir", _folder.In("run"), "--set", "training.epochs=40"], "since evaluation.patience had run out");
        await Shell.RefusalOf(["train", "--resume", "--run-dir", _folder.In("run"), "--set", "training.epochs=4"], "training may become longer");
    }

    private async Task Train(string run, params string[] settings) => await Shell.OutputOf(["train", _folder.In("job.json"), "--run-dir", _folder.In(run), .. settings]);

    private async Task Longer(string run, string setting) => await Shell.OutputOf("train", "--resume", "--run-dir", _folder.In(run), "--set", setting);

    private async Task<string> Longest(string run)
    {
        (int code, _, string errors) = await Shell.RunAsync("train", "--resume", "--run-dir", _folder.In(run), "--set", "training.epochs=3");
        Assert.Equal(2, code);
        return Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>What does not depend on the clock.</summary>
    private (string Hash, int Weights, string? Test, string? Dev) Result(string run)
    {
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(_folder.In($"{run}/result.json")));
        JsonElement root = result.RootElement;
        return (root.GetProperty("tableHash").GetString()!, root.GetProperty("weightsStep").GetInt32(), root.GetProperty("test").GetRawText(), root.GetProperty("dev").GetRawText());
    }
}
