using System.Text;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// Gives commands that run in the tests' own process a console of their own, however many run at once: what a command and the tasks that it starts write goes to
/// its writers, everything else to the console.
/// </summary>
internal static class RoutedConsole
{
    private static readonly AsyncLocal<Writers?> s_current = new();

    static RoutedConsole()
    {
        Console.SetOut(new Router(Console.Out, writers => writers.Output));
        Console.SetError(new Router(Console.Error, writers => writers.Error));
    }

    /// <summary>From here on, in this flow of control, the console is these two.</summary>
    public static void Use(TextWriter output, TextWriter error) => s_current.Value = new Writers(TextWriter.Synchronized(output), TextWriter.Synchronized(error));

    private sealed record Writers(TextWriter Output, TextWriter Error);

    private sealed class Router(TextWriter console, Func<Writers, TextWriter> writer) : TextWriter
    {
        public override Encoding Encoding => console.Encoding;

        private TextWriter Current => s_current.Value is { } writers ? writer(writers) : console;

        public override void Write(char value) => Current.Write(value);

        public override void Write(char[] buffer, int index, int count) => Current.Write(buffer, index, count);

        public override void Write(string? value) => Current.Write(value);

        public override void Flush() => Current.Flush();
    }
}
