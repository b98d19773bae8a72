using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// A real process of the built programs, or a shell script. It ends with the test: disposing kills it, and so does the end of the test host.
/// What fails says what the processes of the same folder printed last.
/// </summary>
public sealed partial class DistEmbedProcess : IDisposable
{
    /// <summary>How often a file or an output is looked at.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>How often a process is asked: each question costs both sides milliseconds of processor time.</summary>
    internal static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);

    private readonly Process _process = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    /// <summary>A shell that runs the tests in the background has them ignore SIGINT, and what they start would inherit that.</summary>
    static DistEmbedProcess()
    {
        if (!OperatingSystem.IsWindows())
            SetHandler(2, 0);
    }

    private DistEmbedProcess(string folder, string file, string[] arguments)
    {
        Folder = folder;
        Command = string.Join(' ', arguments.Prepend(file).Select(word => word.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal) ? Path.GetFileName(word) : word));
        _process.StartInfo = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // A short process does not live to see what its profile is good for, nor what is compiled a second time after 30 calls: after 1,024 (hexadecimal) it may be.
        _process.StartInfo.Environment["DOTNET_TieredPGO"] = "0";
        _process.StartInfo.Environment["DOTNET_TC_CallCountThreshold"] = "400";
        _process.StartInfo.Environment[RunHold.Variable] = new RunHold(folder).Path;
        _process.OutputDataReceived += (_, line) => Collect(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Collect(_error, line.Data);
        AppDomain.CurrentDomain.ProcessExit += OnHostExit;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        ProcessHistory.Add(this);
    }

    /// <summary>The <c>dotnet</c> that runs the tests.</summary>
    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    /// <summary>The built <c>distembed</c>.</summary>
    public static string Dll => Path.Combine(AppContext.BaseDirectory, "distembed.dll");

    /// <summary>Where it was started.</summary>
    public string Folder { get; }

    /// <summary>What was started, as a line.</summary>
    public string Command { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => Text(_output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => Text(_error);

    /// <summary>Starts <c>distembed</c> in a folder.</summary>
    public static DistEmbedProcess Start(string folder, params string[] arguments) => new(folder, Dotnet, [Dll, .. arguments]);

    /// <summary>Starts another of the programs, <c>distembed-ps</c> or <c>distembed-worker</c>, in a folder.</summary>
    public static DistEmbedProcess StartProgram(string folder, string program, params string[] arguments) =>
        new(folder, Dotnet, [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments]);

    /// <summary>Starts a shell script; with <c>exec</c> the process becomes the command.</summary>
    public static DistEmbedProcess StartShell(string folder, string script) => new(folder, "/bin/sh", ["-c", script]);

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

    /// <summary>Waits for the end, within the deadline.</summary>
    public async Task<Ended> EndAsync()
    {
        using var late = new CancellationTokenSource(Wait.Deadline);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            Fail($"`{Command}` has not ended within {Wait.Deadline.TotalMinutes} minutes");
        }

        return new Ended(_process.ExitCode, Output, Error) { Command = Command, Folder = Folder };
    }

    /// <summary>Waits until something holds while the process runs, within the deadline.</summary>
    public Task WaitUntilAsync(Func<bool> holds, string what) => WaitUntilAsync(() => Task.FromResult(holds()), what, LookEvery);

    /// <summary>Waits until the answer to a question is yes while the process runs, within the deadline.</summary>
    public Task WaitUntilAsync(Func<Task<bool>> holds, string what) => WaitUntilAsync(holds, what, AskEvery);

    private async Task WaitUntilAsync(Func<Task<bool>> holds, string what, TimeSpan every)
    {
        if (await Wait.UntilAsync(holds, () => _process.HasExited, every) is { } why)
            Fail($"`{Command}` ({State()}) {why} {what}");
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Signal(15);

    /// <summary>Sends SIGINT.</summary>
    public void Interrupt() => Signal(2);

    /// <summary>As Ctrl-C in a terminal: every process of its group. Only for a process that leads a group of its own.</summary>
    public void InterruptGroup()
    {
        Assert.Equal(_process.Id, ProcessGroup(_process.Id)); // never the group of the tests themselves
        Assert.Equal(0, Kill(-_process.Id, 2));
    }

    /// <summary>Kills it (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>Stops the process where it is (SIGSTOP).</summary>
    public void Pause() => Signal(19);

    /// <summary>Lets it continue (SIGCONT).</summary>
    public void Continue() => Signal(18);

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnHostExit;
        End();
        _process.Dispose();
    }

    /// <summary>What it has printed.</summary>
    public override string ToString() => $"{Output}\n{Error}";

    /// <summary>How it stands: running, or its exit code.</summary>
    internal string State()
    {
        try
        {
            return _process.HasExited ? $"exit code {_process.ExitCode}" : "running";
        }
        catch (InvalidOperationException)
        {
            return "ended"; // disposed
        }
    }

    private void Fail(string what) => Assert.Fail($"{what}\n{ProcessHistory.Of(Folder)}");

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

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int ProcessGroup(int process);
}
