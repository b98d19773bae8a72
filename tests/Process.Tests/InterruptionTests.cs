using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Process.Tests;

public sealed class InterruptionTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Stopped_while_frozen_and_again_while_tuned_a_run_ends_on_the_same_bits()
    {
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        int first = await StopAfterAsync("run", 20, p => p.Terminate(), "train", "toy.json", "--run-dir", "run");
        Assert.InRange(first, 20, ToyFolder.ThawStep - 1);
        int second = await StopAfterAsync("run", ToyFolder.ThawStep + 5, p => p.Interrupt(), "train", "--run-dir", "run", "--resume");
        Assert.InRange(second, ToyFolder.ThawStep + 5, ToyFolder.Steps - 1);
        // What was stopped leaves a report that says so; on demand it has what its weights show too.
        string stopped = File.ReadAllText(_folder.In("run", "report.html"));
        Assert.Contains($"interrupted after step {second}", stopped, StringComparison.Ordinal);
        Assert.Contains("Not looked at when the run ended or stopped", stopped, StringComparison.Ordinal);
        Assert.Equal("", (await DistEmbedProcess.RunAsync(_folder.Path, "report", "run", "--output", "stopped.html")).Expect(0).Error);
        string asked = File.ReadAllText(_folder.In("stopped.html"));
        Assert.Contains($"interrupted after step {second}", asked, StringComparison.Ordinal);
        Assert.Contains("Words that lie where they started, bit for bit: ", asked, StringComparison.Ordinal);

        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume")).Expect(0);

        Uninterrupted.AssertSame(expected, _folder.Run());
        Assert.DoesNotContain("interrupted after step", File.ReadAllText(_folder.In("run", "report.html")), StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_run_stopped_twice_in_a_row_goes_on_with_other_workers_and_shards()
    {
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        int first = await StopAfterAsync("run", 15, p => p.Interrupt(), "train", "toy.json", "--run-dir", "run", "--workers", "1", "--shards", "3");
        int second = await StopAfterAsync("run", first + 5, p => p.Terminate(), "train", "--run-dir", "run", "--resume", "--workers", "3", "--shards", "1");
        Assert.InRange(second, first + 5, ToyFolder.Steps - 1);

        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--workers", "2", "--shards", "3")).Expect(0);

        Uninterrupted.AssertSame(expected, _folder.Run());
    }

    [UnixFact]
    public async Task Both_stages_of_a_job_stopped_end_on_the_same_bits_and_the_last_can_go_back()
    {
        RunDirectory expected = await Uninterrupted.StagesAsync();
        string words = Path.Combine("run", "stages", "words"), classes = Path.Combine("run", "stages", "classes");
        await StopAfterAsync(words, 10, p => p.Terminate(), "train", "stages.json", "--run-dir", "run");
        Assert.False(Directory.Exists(_folder.In(classes)));
        await StopAfterAsync(classes, 10, p => p.Terminate(), "train", "--run-dir", "run", "--resume");

        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume")).Expect(0);
        AssertSame();
        DateTime wordsDone = File.GetLastWriteTimeUtc(_folder.In(words, "result.json"));
        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--from-step", "60")).Expect(0);
        AssertSame();
        Assert.Equal(wordsDone, File.GetLastWriteTimeUtc(_folder.In(words, "result.json")));

        void AssertSame()
        {
            Uninterrupted.AssertSame(expected, _folder.Run());
            Uninterrupted.AssertSame(expected.Stage("words"), _folder.Run().Stage("words"));
            Uninterrupted.AssertSame(expected.Stage("classes"), _folder.Run().Stage("classes"));
        }
    }

    [UnixFact]
    public async Task A_killed_run_goes_on_and_what_it_left_half_written_does_not_disturb()
    {
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        var random = new Random(11);
        _folder.Hold.At(150);
        string[] arguments = ["train", "toy.json", "--run-dir", "run"];
        // Before the first checkpoint, while frozen, while tuned. A step is granted once the checkpoint before the last is committed: after step 40 there is one.
        foreach (int after in (int[])[random.Next(3, 15), random.Next(43, 70), random.Next(ToyFolder.ThawStep + 3, 100)])
        {
            using (DistEmbedProcess process = DistEmbedProcess.Start(_folder.Path, arguments))
            {
                await process.WaitUntilAsync(() => _folder.LoggedSteps("run") >= after, $"step {after}");
                process.Kill();
                (await process.EndAsync()).Expect(128 + 9);
            }

            arguments = ["train", "--run-dir", "run", "--resume"];
            if (after < 40)
                continue;
            // As a kill in the middle of a checkpoint leaves it: no marker, a file that is whole, one that is not.
            CheckpointEntry last = _folder.Run().Checkpoints.List()[0];
            string half = Directory.CreateDirectory(_folder.In("run", "checkpoints", $"step-{last.Step + 3:D10}")).FullName;
            File.Copy(Path.Combine(last.Path, "shard-0-of-2.rows"), Path.Combine(half, "shard-0-of-2.rows"), overwrite: true); // the kill may have left one
            File.WriteAllBytes(Path.Combine(half, "shard-1-of-2.rows.tmp"), [1, 2, 3]);
        }

        _folder.Hold.Release();
        (await InProcessCommand.RunAsync(_folder.Path, arguments)).Expect(0);

        Uninterrupted.AssertSame(expected, _folder.Run());
        Assert.Equal(_folder.Run().Checkpoints.List().Count, Directory.GetDirectories(_folder.In("run", "checkpoints")).Length);
    }

    /// <summary>Runs until a step is logged, sends the signal, and checks what an interrupted run leaves.</summary>
    private async Task<int> StopAfterAsync(string place, int step, Action<DistEmbedProcess> signal, params string[] arguments)
    {
        _folder.Hold.At(place, step + 30);
        using DistEmbedProcess process = DistEmbedProcess.Start(_folder.Path, arguments);
        await process.WaitUntilAsync(() => _folder.LoggedSteps(place) >= step, $"step {step}");
        signal(process);
        Ended ended = (await process.EndAsync()).Expect(4);
        _folder.Hold.Release();
        Assert.Contains($"distembed train --run-dir {_folder.In("run")} --resume", ended.Output, StringComparison.Ordinal);
        RunDirectory run = RunDirectory.Open(_folder.In(place));
        RunResult result = RunResult.Read(run.ResultPath);
        Assert.Equal(RunStatus.Interrupted, result.Status);
        CheckpointEntry last = run.Checkpoints.List()[0];
        Assert.Equal(result.Steps, last.Step);
        Assert.Empty(last.Verify());
        Assert.Equal(result.Steps, _folder.LoggedSteps(place));
        return result.Steps;
    }
}
