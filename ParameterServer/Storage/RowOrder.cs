namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// The order in which the rows of a step are pushed, applied and answered: tables as the job lists them, rows ascending. A row's place in it is one number.
/// </summary>
public static class RowOrder
{
    /// <summary>Before every row.</summary>
    public const long Start = -1;

    /// <summary>After every row.</summary>
    public const long End = long.MaxValue;

    /// <summary>The place of a row.</summary>
    public static long Of(int table, int row) => ((long)table << 32) | (uint)row;

    /// <summary>The table of a place.</summary>
    public static int Table(long place) => (int)(place >> 32);

    /// <summary>The row of a place.</summary>
    public static int Row(long place) => (int)place;
}
