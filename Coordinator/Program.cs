Console.WriteLine("distembed");
return 0;
