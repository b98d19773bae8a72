using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary><c>deploy/dev/up.sh</c> with the real executables, ended by Ctrl-C as a terminal sends it: to every process of the script's group.</summary>
public sealed class UpScriptClusterTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Interrupted_it_commits_a_checkpoint_and_leaves_no_process()
    {
        if (!Checkout.Has("setsid") || !Directory.Exists("/proc/self"))
            return; // a group of its own, and the kernel of Linux to ask for what is left
        (string Program, string Project)[] executables = [("distembed", "Coordinator"), ("distembed-ps", "ParameterServer"), ("distembed-worker", "Worker")];
        if (!executables.All(e => File.Exists(Checkout.In(e.Project, "bin", "Release", "net10.0", e.Program))))
            return; // a build of another configuration alone
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        _folder.Hold.At(100);
        using DistEmbedProcess up = DistEmbedProcess.StartShell(_folder.Path, $"exec setsid '{Checkout.In("deploy", "dev", "up.sh")}' toy.json --workers 2 --servers 1 --shards 2 --run-dir run");
        string running = Path.Combine("run", "running", "toy-1");
        await up.WaitUntilAsync(() => _folder.LoggedSteps(running) >= 50, "step 50");
        Assert.InRange(Living().Count, 6, 8); // the script, perhaps what it runs just now, coordinator, server, two workers, and the command that follows the job

        up.InterruptGroup();

        Ended ended = (await up.EndAsync()).Expect(4);
        Assert.Contains("stopping with a checkpoint", ended.Error, StringComparison.Ordinal);
        Assert.Contains($"run directory: {_folder.In("run")}\n", ended.Output, StringComparison.Ordinal);
        Assert.Empty(Living());
        RunDirectory run = _folder.Run();
        RunResult stopped = RunResult.Read(run.ResultPath);
        Assert.Equal(RunStatus.Interrupted, stopped.Status);
        Assert.Equal(stopped.Steps, run.Checkpoints.List()[0].Step);
        Assert.Empty(run.Checkpoints.List()[0].Verify());
        Assert.InRange(stopped.Steps, 50, 100);

        _folder.Hold.Release();
        (await DistEmbedProcess.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume")).Expect(0);
        Uninterrupted.AssertSame(expected, run);
    }

    /// <summary>Ids of the processes that work in the test's folder: the script and all that it has started.</summary>
    private List<string> Living()
    {
        var living = new List<string>();
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (new FileInfo(Path.Combine(process, "cwd")).LinkTarget == _folder.Path)
                    living.Add(Path.GetFileName(process));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                continue; // it ended meanwhile, or is another user's
            }
        }

        return living;
    }
}
