using System.Diagnostics;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Lines at the console, of which the last is on a terminal a passing one that says how far something is.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(250);
    private readonly bool _terminal = !Console.IsOutputRedirected;
    private long _shownAt;
    private bool _open;

    private static int Width => Math.Max(20, AnsiConsole.Profile.Width - 1);

    /// <summary>Shows how far it is, if a terminal is there and the last time was some while ago.</summary>
    /// <param name="text">How far.</param>
    /// <param name="left">The time left, which a narrow terminal shows too; empty: not known.</param>
    public void Pass(Func<string> text, Func<string> left)
    {
        if (!_terminal || Stopwatch.GetElapsedTime(_shownAt) < s_every)
            return;
        _shownAt = Stopwatch.GetTimestamp();
        string end = left();
        Console.Out.Write($"\r{NarrowLine.Cut(text() + end, Width, end.Length).PadRight(Width)}");
        _open = true;
    }

    /// <summary>Writes a line that stays, in the place of the passing one.</summary>
    public void Write(string text)
    {
        if (_open)
            Console.Out.Write($"\r{new string(' ', Width)}\r");
        _open = false;
        Console.Out.WriteLine(text);
    }
}
