using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace DistEmbed.Process.Tests;

/// <summary>A real process of the built command line. It ends with the test: disposing kills it, and so does the end of the test host.</summary>
internal sealed partial class DistEmbedProcess : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(100);
    private readonly System.Diagnostics.Process _process = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private DistEmbedProcess(string folder, string file, IEnumerable<string> arguments)
    {
        _process.StartInfo = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // As in the test projects: a short process does not live to see what its profile is good for.
        _process.StartInfo.Environment["DOTNET_TieredPGO"] = "0";
        _process.OutputDataReceived += (_, line) => Collect(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Collect(_error, line.Data);
        AppDomain.CurrentDomain.ProcessExit += OnHostExit;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "distembed.dll");

    /// <summary>Starts <c>distembed</c> in a folder.</summary>
    public static DistEmbedProcess Start(string folder, params string[] arguments) => new(folder, Dotnet, [Dll, .. arguments]);

    /// <summary>Starts another of the programs, <c>distembed-ps</c> or <c>distembed-worker</c>, in a folder.</summary>
    public static DistEmbedProcess StartProgram(string folder, string program, params string[] arguments) =>
        new(folder, Dotnet, [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments]);

    /// <summary>Runs <c>distembed</c> to its end.</summary>
    public static async Task<Ended> RunAsync(string folder, params string[] arguments)
    {
        using DistEmbedProcess process = Start(folder, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs a shell script to its end.</summary>
    public static async Task<Ended> ShellAsync(string folder, string script)
    {
        using DistEmbedProcess process = StartShell(folder, script);
        return await process.EndAsync();
    }

    /// <summary>Starts a shell script; with <c>exec</c> the process becomes the command.</summary>
    public static DistEmbedProcess StartShell(string folder, string script) => new(folder, "/bin/sh", ["-c", script]);

    /// <summary>Waits for the end, within the deadline.</summary>
    public async Task<Ended> EndAsync()
    {
        using var late = new CancellationTokenSource(s_deadline);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"not ended within {s_deadline.TotalSeconds} s:\n{this}");
        }

        return new Ended(_process.ExitCode, Text(_output), Text(_error));
    }

    /// <summary>Waits until something holds while the process runs, within the deadline.</summary>
    public async Task WaitUntilAsync(Func<bool> holds, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.False(_process.HasExited, $"ended before {what}:\n{this}");
            Assert.True(Stopwatch.GetElapsedTime(start) < s_deadline, $"no {what} within {s_deadline.TotalSeconds} s:\n{this}");
            await Task.Delay(1);
        }
    }

    public void Terminate() => Signal(15);

    public void Interrupt() => Signal(2);

    /// <summary>As Ctrl-C in a terminal: every process of its group. Only for a process that leads a group of its own.</summary>
    public void InterruptGroup()
    {
        Assert.Equal(_process.Id, ProcessGroup(_process.Id)); // never the group of the tests themselves
        Assert.Equal(0, Kill(-_process.Id, 2));
    }

    public void Kill() => _process.Kill();

    /// <summary>Stops the process where it is (SIGSTOP).</summary>
    public void Pause() => Signal(19);

    /// <summary>Lets it go on (SIGCONT).</summary>
    public void Continue() => Signal(18);

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => Text(_output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => Text(_error);

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnHostExit;
        End();
        _process.Dispose();
    }

    public override string ToString() => $"{Text(_output)}\n{Text(_error)}";

    private static void Collect(StringBuilder text, string? line)
    {
        if (line is null)
            return;
        lock (text)
            text.Append(line).Append('\n');
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }

    private void Signal(int number) => Assert.Equal(0, Kill(_process.Id, number));

    private void OnHostExit(object? sender, EventArgs e) => End();

    private void End()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int ProcessGroup(int process);
}

/// <summary>How a process ended.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Ended Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, expected {exitCode}:\n{Output}\n{Error}");
        return this;
    }
}

/// <summary>A test that needs the signals and the shell of Unix.</summary>
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
            Skip = "needs Unix signals";
    }
}

/// <summary>As <see cref="UnixFactAttribute"/>, for several shapes.</summary>
internal sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute()
    {
        if (OperatingSystem.IsWindows())
            Skip = "needs Unix signals";
    }
}
