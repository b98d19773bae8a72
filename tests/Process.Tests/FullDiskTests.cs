using System.Globalization;
using Xunit.Abstractions;

namespace DistEmbed.Process.Tests;

public sealed class FullDiskTests(ITestOutputHelper output) : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_full_disk_fails_with_the_path_and_the_run_goes_on_once_there_is_space()
    {
        // A file system of its own, seen by the shell and its children alone, so that nothing stays mounted.
        string? isolate = null;
        foreach (string way in (string[])["unshare -m", "unshare -Urm"])
        {
            if (isolate is null && (await DistEmbedProcess.ShellAsync(_folder.Path, $"{way} mount -t tmpfs -o size=1m none .")).ExitCode == 0)
                isolate = way;
        }

        if (isolate is null)
        {
            output.WriteLine("not tested: this system does not allow a file system to be mounted, neither by rights nor in a user namespace");
            return;
        }

        var expected = await Uninterrupted.ClassifierAsync();
        Directory.CreateDirectory(_folder.In("disk"));
        string train = $"'{DistEmbedProcess.Dotnet}' '{DistEmbedProcess.Dll}' train --run-dir disk/run --resume";
        // The checkpoint of step 20 and little space after it: the next one does not fit.
        string script = $$"""
            mount -t tmpfs -o size=2m none disk
            mkdir disk/run disk/run/checkpoints
            cp '{{expected.Path}}'/*.json '{{expected.Path}}/vocabulary.txt' disk/run/
            head -20 '{{expected.Path}}/metrics.jsonl' >disk/run/metrics.jsonl
            rm disk/run/result.json
            cp -r '{{expected.Path}}/checkpoints/step-0000000020' disk/run/checkpoints/
            free=$(df -k disk | tail -1 | awk '{print $4}')
            dd if=/dev/zero of=disk/filler bs=1k count=$((free - 12)) 2>/dev/null
            {{train}} --set report.tensorBoard=false --set report.drift=false --set report.metricsEverySteps=1000 >/dev/null
            echo "full: $?"
            ls disk/run/checkpoints/*/manifest.json
            rm disk/filler
            {{train}} >/dev/null
            echo "free: $?"
            cp -r disk/run copied || exit 9
            """;
        _folder.Write("script.sh", script);
        Ended ended = (await DistEmbedProcess.ShellAsync(_folder.Path, $"{isolate} sh script.sh")).Expect(0);

        string line = Assert.Single(ended.ErrorLines);
        Assert.Contains(_folder.In("disk", "run", "checkpoints"), line, StringComparison.Ordinal);
        Assert.Contains("full: 3\ndisk/run/checkpoints/step-0000000020/manifest.json\nfree: 0\n", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        Uninterrupted.AssertSame(expected, _folder.Run("copied"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{isolate}: {line}"));
    }
}
