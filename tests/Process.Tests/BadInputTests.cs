using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_missing_file() => RefusedAsync(["--set", "data.train=nix.txt"], "data.train: ", "nix.txt", "Check the path");

    [Fact]
    public Task A_byte_that_is_not_of_the_encoding()
    {
        File.WriteAllBytes(_folder.In("train.txt"), [.. "sea a b\nsport c "u8, 0xFF, .. " d\n"u8]);
        return RefusedAsync([], "train.txt:2: 0xFF", "not utf-8", "Set data.encoding");
    }

    [Fact]
    public Task A_label_of_the_test_part_that_training_does_not_know()
    {
        File.AppendAllText(_folder.In("test.txt"), "opera sing a song\n");
        return RefusedAsync([], "test.txt:61: ", "'opera'", "Correct the label");
    }

    [Fact]
    public Task An_empty_class()
    {
        _folder.Write("a.txt", "good\nfine\n");
        _folder.Write("b.txt", "");
        _folder.Write("toy.json", File.ReadAllText(_folder.In("toy.json")).Replace(
            """ "train": "train.txt", "dev": "dev.txt", "test": "test.txt" }""", """ "train": { "good": "a.txt", "bad": "b.txt" } }""", StringComparison.Ordinal)
            .Replace("labelled-lines", "file-per-class", StringComparison.Ordinal));
        return RefusedAsync([], "b.txt: ", "empty", "Check data.train.bad");
    }

    [Fact]
    public Task Vectors_of_another_dimension() => RefusedAsync(["--set", "vectors.dimension=20"], "vectors.txt: ", "16 numbers", "Set vectors.dimension to 16");

    /// <summary>The bound on the rows comes from the model, so that the optimizer's own settings look right; a shard would be the first to see it.</summary>
    [Fact]
    public Task An_optimizer_that_cannot_be_exact_under_the_models_bound() =>
        RefusedAsync(["--set", "optimizers.output.maxNorm=null", "--set", "optimizers.output.untouched=exact"], "optimizers.output.untouched");

    [Fact]
    public async Task A_run_directory_that_another_process_holds()
    {
        _folder.Hold.At(5);
        using DistEmbedProcess holder = DistEmbedProcess.Start(_folder.Path, "train", "toy.json", "--run-dir", "run", "--set", "training.epochs=20");
        await holder.WaitUntilAsync(() => _folder.IsHeldAt("run", 5), "step 5");
        string line = Assert.Single(Refused(await DistEmbedProcess.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume")));
        Assert.Contains("another process is training", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_with_several_errors_names_all_of_them()
    {
        Ended ended = await DistEmbedProcess.RunAsync(_folder.Path,
            "train", "toy.json", "--set", "training.bach=3", "--set", "seed=abc", "--set", "model.dropout=2", "--set", "model.kind=cnn");
        Assert.Equal(3, Refused(ended).Length);
        Assert.Contains("Did you mean `batch`?", ended.Error, StringComparison.Ordinal);
        Assert.Contains("\"abc\"", ended.Error, StringComparison.Ordinal);
        Assert.Contains("Known values: text-cnn, bag, lstm, ", ended.Error, StringComparison.Ordinal);
        AssertNoRun();
    }

    [Fact]
    public async Task A_misspelt_command()
    {
        string line = Assert.Single(Refused(await DistEmbedProcess.RunAsync(_folder.Path, "trian", "toy.json")));
        Assert.Contains("there is no command `trian`", line, StringComparison.Ordinal);
        Assert.Contains("train", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analogies_that_are_none()
    {
        _folder.Write("questions.txt", ": family\nman woman king queen\nman woman king\n");
        string line = Assert.Single(Refused(await InProcessCommand.RunAsync(_folder.Path, "evaluate-vectors", "vectors.txt", "--analogies", "questions.txt")));
        Assert.Contains("questions.txt:3: has 3 words where a question has four", line, StringComparison.Ordinal);
        _folder.Write("questions.txt", "man woman king queen\n");
        Ended whole = (await InProcessCommand.RunAsync(_folder.Path, "evaluate-vectors", "vectors.txt", "--analogies", "questions.txt")).Expect(0);
        Assert.Contains("0 of 1", whole.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_directory_that_cannot_be_written()
    {
        string line = Assert.Single(Refused(await DistEmbedProcess.RunAsync(_folder.Path, "train", "toy.json", "--run-dir", "train.txt/run")));
        Assert.Contains("train.txt is a file", line, StringComparison.Ordinal);
        Assert.Contains("Choose a place that can be written", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_directory_that_exists_and_a_checkpoint_of_another_job_and_a_step_that_is_not_there()
    {
        RunDirectory run = _folder.Take(await Uninterrupted.ClassifierAsync(), "run");
        string result = File.ReadAllText(run.ResultPath);
        string exists = Assert.Single(Refused(await InProcessCommand.RunAsync(_folder.Path, "train", "toy.json", "--run-dir", "run")));
        Assert.Contains("exists and is not empty. Use --resume", exists, StringComparison.Ordinal);
        string other = Assert.Single(Refused(await InProcessCommand.RunAsync(
            _folder.Path, "train", "--run-dir", "run", "--resume", "--set", "training.batch=10")));
        Assert.Contains("training.batch: 20, here 10. Start a new run", other, StringComparison.Ordinal);
        string step = Assert.Single(Refused(await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--from-step", "7")));
        Assert.Contains("no checkpoint of step 7. There are: 200, 180,", step, StringComparison.Ordinal);
        Assert.Equal(result, File.ReadAllText(run.ResultPath));
        Assert.Equal(10, run.Checkpoints.List().Count);
    }

    [Fact]
    public async Task A_refused_job_does_not_take_the_name_of_a_run()
    {
        Refused(await DistEmbedProcess.RunAsync(_folder.Path, "train", "toy.json", "--set", "data.train=nix.txt"));
        AssertNoRun();
        string[] brief = ["train", "toy.json", "--set", "training.epochs=1", "--set", "freeze=[]"];
        (await DistEmbedProcess.RunAsync(_folder.Path, brief)).Expect(0);
        (await DistEmbedProcess.RunAsync(_folder.Path, brief)).Expect(0);
        Assert.Equal(["toy-1", "toy-2"], Directory.GetFileSystemEntries(_folder.In("runs")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(RunResult.Read(_folder.Run("runs/toy-1").ResultPath).TableHash, RunResult.Read(_folder.Run("runs/toy-2").ResultPath).TableHash);
    }

    [Fact]
    public async Task Help_and_version()
    {
        Ended help = (await DistEmbedProcess.RunAsync(_folder.Path, "train", "--help")).Expect(0);
        Assert.Contains("distembed train --run-dir runs/quickstart-1 --resume", help.Output, StringComparison.Ordinal);
        Ended version = (await DistEmbedProcess.RunAsync(_folder.Path, "--version")).Expect(0);
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }

    private static string[] Refused(Ended ended)
    {
        ended.Expect(2);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        // Behind a mistake of the command line itself, one more line says where the help is.
        string[] errors = [.. ended.ErrorLines.Where(line => !line.EndsWith("--help' shows what there is.", StringComparison.Ordinal))];
        Assert.All(errors, line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
        return errors;
    }

    private async Task RefusedAsync(string[] arguments, params string[] said)
    {
        string line = Assert.Single(Refused(await InProcessCommand.RunAsync(_folder.Path, ["train", "toy.json", "--run-dir", "run", .. arguments])));
        Assert.All(said, part => Assert.Contains(part, line, StringComparison.Ordinal));
        AssertNoRun();
    }

    private void AssertNoRun() => Assert.Empty(Directory.GetDirectories(_folder.Path));
}
