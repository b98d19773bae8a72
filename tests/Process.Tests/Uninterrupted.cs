using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

/// <summary>The toy jobs run once without a disturbance: what every other way has to end on.</summary>
internal static class Uninterrupted
{
    private static readonly Lazy<ToyFolder> s_folder = new(() =>
    {
        // Beside the tests' binaries and replaced by the next run: nothing is told of the last test's end in time to remove it.
        string path = Path.Combine(AppContext.BaseDirectory, "uninterrupted");
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        return ToyFolder.At(path);
    });

    private static readonly Lazy<Task<RunDirectory>> s_classifier = new(() => RunAsync("toy"));
    private static readonly Lazy<Task<RunDirectory>> s_stages = new(() => RunAsync("stages"));

    public static Task<RunDirectory> ClassifierAsync() => s_classifier.Value;

    public static Task<RunDirectory> StagesAsync() => s_stages.Value;

    /// <summary>A run has the same bits, results and metrics as another.</summary>
    public static void AssertSame(RunDirectory expected, RunDirectory actual)
    {
        RunResult before = RunResult.Read(expected.ResultPath), after = RunResult.Read(actual.ResultPath);
        Assert.Equal(RunStatus.Done, after.Status);
        Assert.Equal(before.Tables, after.Tables);
        Assert.Equal(before.TableHash, after.TableHash);
        Assert.Equal((before.Steps, before.WeightsStep, before.Dev, before.Test), (after.Steps, after.WeightsStep, after.Dev, after.Test));
        // Repeats of a lost or late worker's pushes are counted, and refused.
        Assert.Equal(after.Pushes.Sent, after.Pushes.Applied + after.Pushes.Rejected.Values.Sum());
        Assert.All(after.Pushes.Rejected.Keys, reason => Assert.Equal("duplicate", reason));
        if (File.Exists(expected.MetricsPath))
        {
            Assert.Equal(
                MetricsLog.Read(expected.MetricsPath).Select(m => (m.Step, m.Epoch, m.Loss, m.Accuracy)),
                MetricsLog.Read(actual.MetricsPath).Select(m => (m.Step, m.Epoch, m.Loss, m.Accuracy)));
        }
    }

    private static async Task<RunDirectory> RunAsync(string job)
    {
        (await InProcessCommand.RunAsync(s_folder.Value.Path, "train", job + ".json", "--run-dir", job)).Expect(0);
        RunDirectory run = s_folder.Value.Run(job);
        if (job == "toy")
            Assert.Equal(Enumerable.Range(1, ToyFolder.Steps), MetricsLog.Read(run.MetricsPath).Select(m => m.Step));
        return run;
    }
}
