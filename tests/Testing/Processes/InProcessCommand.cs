using Xunit;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// A command of <c>distembed</c> that is run in the tests' process instead of one of its own: the same code with the same exit code and output, without the
/// seconds of processor time that every new process spends on being compiled. What training prints as it goes is printed by other threads and is not collected.
/// </summary>
public sealed class InProcessCommand
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly string _folder;
    private readonly string _command;
    private readonly Task<int> _exitCode;

    private InProcessCommand(string folder, string[] arguments)
    {
        _folder = folder;
        _command = string.Join(' ', arguments.Prepend("distembed"));
        // Paths that the command line names start from the folder, as they would for a process that was started there.
        string[] full = [.. arguments.Select((argument, i) => File.Exists(Path.Combine(folder, argument)) || (i > 0 && arguments[i - 1] == "--run-dir") ? Path.Combine(folder, argument) : argument)];
        _exitCode = Task.Run(() =>
        {
            RoutedConsole.Use(_output, _error);
            return Main(full);
        });
    }

    /// <summary>The command line: arguments in, exit code out.</summary>
    public static Func<string[], Task<int>> Main { get; set; } = _ => throw new InvalidOperationException("the test project has not said what its command line is");

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _exitCode.IsCompleted;

    /// <summary>Starts a command.</summary>
    public static InProcessCommand Start(string folder, params string[] arguments) => new(folder, arguments);

    /// <summary>Runs a command to its end.</summary>
    public static Task<Ended> RunAsync(string folder, params string[] arguments) => Start(folder, arguments).EndAsync();

    /// <summary>Waits for the end, within the deadline.</summary>
    public async Task<Ended> EndAsync()
    {
        if (await Task.WhenAny(_exitCode, Task.Delay(Wait.Deadline)) != _exitCode)
            Assert.Fail($"`{_command}` has not ended within {Wait.Deadline.TotalMinutes} minutes:\n{this}");
        return new Ended(await _exitCode, _output.ToString(), _error.ToString()) { Command = _command, Folder = _folder };
    }

    /// <summary>Waits until something holds while the command runs, within the deadline.</summary>
    public Task WaitUntilAsync(Func<bool> holds, string what) => WaitUntilAsync(() => Task.FromResult(holds()), what, DistEmbedProcess.LookEvery);

    /// <summary>Waits until the answer to a question is yes while the command runs, within the deadline.</summary>
    public Task WaitUntilAsync(Func<Task<bool>> holds, string what) => WaitUntilAsync(holds, what, DistEmbedProcess.AskEvery);

    private async Task WaitUntilAsync(Func<Task<bool>> holds, string what, TimeSpan every)
    {
        if (await Wait.UntilAsync(holds, () => HasEnded, every) is { } why)
            Assert.Fail($"`{_command}` ({(HasEnded ? $"exit code {await _exitCode}" : "running")}) {why} {what}\n{this}");
    }

    /// <summary>What it has printed, and what the processes of its folder printed last.</summary>
    public override string ToString() => $"{_output}\n{_error}\n{ProcessHistory.Of(_folder)}";
}
