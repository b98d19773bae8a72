using System.Globalization;

namespace DistEmbed.Process.Tests.Deploy;

/// <summary>
/// A folder with <c>deploy/dev/up.sh</c> and, where it looks for the executables, one small script that pretends to be each of them. It notes its process id and
/// its arguments, says that it is ready, and ends when told to; files in <c>orders/</c> change what it does.
/// </summary>
internal sealed class PretendedCheckout : IDisposable
{
    private const string Pretender = """
        #!/bin/bash
        me=$(basename "$0") arguments="$*" name=submit runs=
        [ "$1" = submit ] || while [ $# -gt 0 ]; do case $1 in --name) name=$2 ;; --runs) runs=$2 ;; esac; shift; done
        order() { [ -e "$NOTES/../orders/$1" ]; }
        echo $$ > "$NOTES/$name.pid"
        echo "$me $arguments" > "$NOTES/$name.call"
        if order "$name.dies"; then echo "$name has no memory left" >&2; exit 7; fi
        if [ "$name" != submit ]; then
            [ -z "$runs" ] || echo "$runs" > "$NOTES/runs"
            trap 'order "$name.stays" || { echo end >> "$NOTES/$name.ended"; exit 0; }' TERM
            trap 'echo int >> "$NOTES/$name.interrupted"' INT
            order "$name.slow" || echo "ready: role $name cluster=x control=127.0.0.1:4999 grpc=127.0.0.1:4998 metrics=127.0.0.1:4997"
            until order "$name.dies"; do sleep 0.02; done
            echo "$name has no memory left" >&2
            exit 7
        fi
        if order refuse; then echo "error: job" >&2; exit 2; fi
        run=$(cat "$NOTES/runs")/toy-1
        mkdir -p "$run/checkpoints"
        printf '{\n  "status": "done",\n  "tableHash": "cafe01"\n}\n' > "$run/result.json"
        trap 'exit 4' TERM
        echo "step 1"
        while order hold; do sleep 0.02; done
        exit "$(cat "$NOTES/../orders/exit" 2>/dev/null || echo 0)"
        """;

    private readonly TempFolder _root = new();

    public PretendedCheckout(bool built = true)
    {
        foreach (string folder in new[] { "deploy/dev", "orders", "notes", "temporary", "work", "tools" })
            Directory.CreateDirectory(In(folder));
        File.Copy(Checkout.In("deploy", "dev", "up.sh"), In("deploy/dev/up.sh"));
        Script("pretender", Pretender);
        File.WriteAllText(In("work/toy.json"), "{}");
        Script("tools/dotnet", $"""
            #!/bin/bash
            echo "$*" > "{In("notes")}/build"
            while read -r program; do mkdir -p "$(dirname "$program")"; cp "{In("pretender")}" "$program"; done <<'END'
            {In("Coordinator/bin/Release/net10.0/distembed")}
            {In("ParameterServer/bin/Release/net10.0/distembed-ps")}
            {In("Worker/bin/Release/net10.0/distembed-worker")}
            END
            """);
        if (!built)
            return;
        using var build = System.Diagnostics.Process.Start(In("tools/dotnet"));
        build.WaitForExit();
        File.Delete(In("notes/build"));
    }

    public string In(string path) => _root.In(path);

    /// <summary>Changes what the pretenders do: <c>NAME.dies</c>, <c>NAME.slow</c>, <c>NAME.stays</c>, <c>hold</c>, <c>refuse</c>, <c>exit</c>.</summary>
    public void Order(string what, string text = "") => File.WriteAllText(In($"orders/{what}"), text);

    public void Revoke(string what) => File.Delete(In($"orders/{what}"));

    /// <summary>Runs up.sh in the folder <c>work</c>.</summary>
    public DistEmbedProcess Up(string arguments) => DistEmbedProcess.StartShell(In("work"),
        $"NOTES='{In("notes")}' TMPDIR='{In("temporary")}' PATH='{In("tools")}':\"$PATH\" DISTEMBED_SEED=elsewhere:1 exec ../deploy/dev/up.sh {arguments}");

    public async Task<Ended> UpAsync(string arguments)
    {
        using DistEmbedProcess up = Up(arguments);
        return await up.EndAsync();
    }

    public bool Started(string name) => File.Exists(In($"notes/{name}.pid")) && File.ReadAllText(In($"notes/{name}.pid")).EndsWith('\n');

    public string Call(string name) => File.ReadAllText(In($"notes/{name}.call")).TrimEnd();

    public bool Noted(string file) => File.Exists(In($"notes/{file}"));

    /// <summary>Nothing that was started lives, and nothing temporary is left.</summary>
    public void AssertNothingLeft()
    {
        Assert.Empty(Alive());
        Assert.Empty(Directory.GetFileSystemEntries(In("temporary")));
    }

    public Task WaitUntilNothingLivesAsync() => Wait.UntilAsync(() => Alive().Length == 0, "the end of every process", () => $"still there: {string.Join(", ", Alive())}");

    public void Dispose()
    {
        foreach (string name in Alive())
        {
            using var process = System.Diagnostics.Process.GetProcessById(IdOf(name));
            process.Kill();
        }

        _root.Dispose();
    }

    private string[] Alive() =>
        [.. Directory.GetFiles(In("notes"), "*.pid").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => Started(name) && Lives(IdOf(name)))];

    private int IdOf(string name) => int.Parse(File.ReadAllText(In($"notes/{name}.pid")), CultureInfo.InvariantCulture);

    /// <summary>A process that has ended and that nobody has waited for is not alive.</summary>
    private static bool Lives(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Length > 0;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Script(string path, string text)
    {
        File.WriteAllText(In(path), text + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(In(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
