using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class RunDirectoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Runs => _folder.In("runs");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_next_number_is_taken()
    {
        Assert.Equal(Path.Combine(Runs, "kim-1"), RunDirectory.CreateNext(Runs, "kim").Path);
        Assert.Equal(Path.Combine(Runs, "kim-2"), RunDirectory.CreateNext(Runs, "kim").Path);
        Assert.Equal(Path.Combine(Runs, "kim-static-1"), RunDirectory.CreateNext(Runs, "kim-static").Path);
        Directory.CreateDirectory(Path.Combine(Runs, "kim-9"));
        File.WriteAllText(Path.Combine(Runs, "kim-10"), "");
        Assert.Equal(Path.Combine(Runs, "kim-11"), RunDirectory.CreateNext(Runs, "kim").Path);
        Assert.Throws<InvalidInputException>(() => RunDirectory.CreateNext(Runs, "../kim"));
    }

    [Fact]
    public void Runs_that_start_together_get_directories_of_their_own()
    {
        var paths = new string[24];
        Parallel.For(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => paths[i] = RunDirectory.CreateNext(Runs, "kim").Path);
        Assert.Equal(paths.Length, paths.Distinct().Count());
        Assert.Equal(paths.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(Runs).Order(StringComparer.Ordinal));
        // A rename onto an empty directory succeeds on Unix: that none is ever empty is what closes the gap between looking and renaming.
        Assert.All(paths, p => Assert.NotEmpty(Directory.GetFileSystemEntries(p)));
    }

    [Fact]
    public void A_named_directory_must_not_hold_a_file()
    {
        string path = _folder.In("a", "b");
        Assert.Equal(path, RunDirectory.CreateAt(path).Path);
        RunDirectory run = RunDirectory.CreateAt(path);
        File.WriteAllText(run.JobPath, "{}");
        Assert.Contains("--resume", Assert.Throws<InvalidInputException>(() => RunDirectory.CreateAt(path)).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<InvalidInputException>(() => RunDirectory.CreateAt(run.JobPath)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be made", Assert.Throws<InvalidInputException>(() => RunDirectory.CreateAt(Path.Combine(run.JobPath, "x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_directory_with_a_job_is_opened()
    {
        string path = _folder.In("run");
        Assert.Contains("no such run directory", Assert.Throws<InvalidInputException>(() => RunDirectory.Open(path)).Message, StringComparison.Ordinal);
        RunDirectory run = RunDirectory.CreateAt(path);
        Assert.Contains("holds no job.json", Assert.Throws<InvalidInputException>(() => RunDirectory.Open(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(run.JobPath, "{}");
        Assert.Equal(path, RunDirectory.Open(path).Path);
    }

    [Fact]
    public void Parts_lie_where_they_are_documented()
    {
        RunDirectory run = RunDirectory.CreateAt(_folder.In("run")), stage = run.Stage("tune");
        Assert.Equal(
            ["job.json", "vocabulary.txt", "metrics.jsonl", "drift.jsonl", "probes.jsonl", "neighbors.json", "checkpoints", "tensorboard", "report.html", "result.json"],
            ((string[])[run.JobPath, run.VocabularyPath, run.MetricsPath, run.DriftPath, run.ProbesPath, run.NeighborsPath, run.Checkpoints.Path, run.TensorBoardPath, run.ReportPath, run.ResultPath]).Select(p => Path.GetRelativePath(run.Path, p)));
        Assert.Equal(Path.Combine(run.Path, "stages", "tune", "metrics.jsonl"), stage.MetricsPath);
        Assert.True(Directory.Exists(stage.Path));
        Assert.Throws<InvalidInputException>(() => run.Stage(".."));
    }
}
